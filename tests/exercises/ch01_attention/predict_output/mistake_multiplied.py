"""the score is multiplied by √d instead of divided"""


def predict_output():
    return [46.0, (10 + 81 * 50) / 82, 10.0]
