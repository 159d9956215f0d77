"""the values are added up with both shares at 1"""


def predict_output():
    return [60.0, 60.0, 10.0]
