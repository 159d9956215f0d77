"""each head takes every h-th column instead of d columns in a row"""


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    return x.view(batch, places, width // num_heads, num_heads).permute(0, 3, 1, 2)
