"""the last two axes are swapped: a head is N rows of d numbers"""


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    return x.view(batch, places, num_heads, width // num_heads).permute(0, 2, 3, 1)
