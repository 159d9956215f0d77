"""The function must return three numbers, got"""


def predict_output():
    return 46.0
