"""the score is not divided by √d"""


def predict_output():
    return [46.0, 46.0, 10.0]
