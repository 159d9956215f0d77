"""the output is 0: that is so only when every key is masked"""


def predict_output():
    return [46.0, 40.0, 0.0]
