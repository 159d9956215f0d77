"""Worked out on paper, as a tuple of whole numbers."""


def predict_output():
    return 46, 40, 10
