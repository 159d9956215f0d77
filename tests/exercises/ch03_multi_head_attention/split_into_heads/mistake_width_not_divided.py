"""it raised RuntimeError: shape"""


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    return x.view(batch, places, num_heads, width).transpose(1, 2)
