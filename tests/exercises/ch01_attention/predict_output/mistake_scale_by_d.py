"""the score is divided by d = 4 instead of √d = 2"""


def predict_output():
    share = 3**0.5 / (1 + 3**0.5)
    return [46.0, 10 * (1 - share) + 50 * share, 10.0]
