"""One chunk of columns for each head."""

import torch


def split_into_heads(x, num_heads):
    return torch.stack(x.chunk(num_heads, dim=-1), dim=1)
