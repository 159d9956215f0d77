"""both keys get the same share, whatever they score"""


def predict_output():
    return [30.0, 30.0, 10.0]
