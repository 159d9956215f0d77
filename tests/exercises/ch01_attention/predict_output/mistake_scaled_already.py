"""the score is already divided by √d: here it is asked for as it is"""


def predict_output():
    return [40.0, 40.0, 10.0]
