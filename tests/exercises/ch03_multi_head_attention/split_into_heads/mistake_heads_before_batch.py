"""the heads stand before the batch: the order is (B, h, N, d)"""

import torch


def split_into_heads(x, num_heads):
    return torch.stack(x.chunk(num_heads, dim=-1))
