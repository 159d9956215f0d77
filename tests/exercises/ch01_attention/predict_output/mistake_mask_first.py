"""the first key is hidden instead of the second"""


def predict_output():
    return [46.0, 40.0, 50.0]
