"""rows are compared by the dot product: a long row wins by its length"""


def nearest_patches(first, second):
    a, b = first, second
    cosine, index = (a @ b.T).max(dim=-1)
    return index, cosine
