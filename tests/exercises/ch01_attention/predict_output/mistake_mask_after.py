"""the share of the masked key is lost"""


def predict_output():
    return [46.0, 40.0, 2.5]
