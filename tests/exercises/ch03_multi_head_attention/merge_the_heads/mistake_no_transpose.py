"""the heads are reshaped without the transpose: rows then mix places of one head"""


def merge_the_heads(x):
    batch, heads, places, width = x.shape
    return x.reshape(batch, places, heads * width)
