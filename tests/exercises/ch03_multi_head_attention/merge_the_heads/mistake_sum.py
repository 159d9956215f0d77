"""the heads are summed: they must stand side by side"""


def merge_the_heads(x):
    return x.sum(dim=1)
