"""one reshape goes straight to (B, h, N, d): it cuts the sequence, not the width, and mixes places"""


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    return x.view(batch, num_heads, places, width // num_heads)
