"""The sequence must have the shape and dtype of x"""


def hidden_order(x):
    return x.T
