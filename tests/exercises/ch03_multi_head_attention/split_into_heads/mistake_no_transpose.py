"""heads and places have not changed places yet: (B, N, h, d)"""


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    return x.view(batch, places, num_heads, width // num_heads)
