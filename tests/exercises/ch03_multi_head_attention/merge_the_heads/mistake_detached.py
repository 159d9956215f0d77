"""no gradient flows back from the result to the arguments"""


def merge_the_heads(x):
    return x.transpose(1, 2).flatten(2).detach()
