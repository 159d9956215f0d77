"""h and d are swapped: h is the number of heads, d = D / h the width of one"""


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    return x.view(batch, places, width // num_heads, num_heads).transpose(1, 2)
