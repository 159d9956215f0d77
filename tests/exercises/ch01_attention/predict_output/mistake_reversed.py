"""the two shares are the wrong way round"""


def predict_output():
    return [14.0, 20.0, 10.0]
