"""no gradient flows back from the result to the arguments"""

import torch


def split_into_heads(x, num_heads):
    batch, places, width = x.shape
    pieces = torch.tensor(x.tolist()).view(batch, places, num_heads, width // num_heads)
    return pieces.transpose(1, 2)
