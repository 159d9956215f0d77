"""it raised RuntimeError: view size is not compatible"""


def merge_the_heads(x):
    batch, heads, places, width = x.shape
    return x.transpose(1, 2).view(batch, places, heads * width)
