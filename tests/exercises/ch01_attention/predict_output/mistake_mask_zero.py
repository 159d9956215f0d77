"""the masked score is set to 0: exp(0) = 1 is still a share"""


def predict_output():
    return [46.0, 40.0, 30.0]
