"""This is the sequence that was given. The answer has to differ from x."""


def hidden_order(x):
    return x.clone()
