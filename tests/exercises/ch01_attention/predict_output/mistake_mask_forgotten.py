"""the second key still has its share: it is masked"""


def predict_output():
    return [46.0, 40.0, 40.0]
