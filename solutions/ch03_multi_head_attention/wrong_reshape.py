r"""A reshape that runs.

`wrong_reshape(query, key, value, num_heads)` is meant to be the middle of a multi-head layer: split, attend,
merge. It is written as one meets it, raises nothing, and the shape of its result is right. Its numbers are
not: there are three faults. Repair them.

`query` is `(B, N, D)`, `key` and `value` are `(B, M, D)`, the result is `(B, N, D)`. Head i owns columns
$i\,d$ to $(i+1)\,d$ of all three and of the result, with $d = D / h$. You may use `torch` and `math`. All
keys are equal here, so that every output row is the mean of the values:

>>> value = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
>>> wrong_reshape(torch.ones(1, 2, 4), torch.ones(1, 2, 4), value, 2)
tensor([[[3., 4., 5., 6.],
         [3., 4., 5., 6.]]])
"""

import math

import torch


def wrong_reshape(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, num_heads: int) -> torch.Tensor:
    """Attention in num_heads heads, (B, N, D)."""
    # BEGIN GIVEN
    # batch, places, width = query.shape
    # query = query.view(batch, num_heads, -1, width // num_heads)
    # key = key.view(batch, num_heads, -1, width // num_heads)
    # value = value.view(batch, num_heads, -1, width // num_heads)
    # scores = query @ key.transpose(-2, -1) / math.sqrt(width)
    # mixed = torch.softmax(scores, dim=-1) @ value
    # return mixed.reshape(batch, places, width)
    # END GIVEN
    # BEGIN SOLUTION
    batch, places, width = query.shape
    query = query.view(batch, places, num_heads, -1).transpose(1, 2)  # (B, h, N, d)
    key = key.view(batch, key.shape[1], num_heads, -1).transpose(1, 2)  # (B, h, M, d)
    value = value.view(batch, value.shape[1], num_heads, -1).transpose(1, 2)  # (B, h, M, d)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (B, h, N, M)
    mixed = torch.softmax(scores, dim=-1) @ value  # (B, h, N, d)
    return mixed.transpose(1, 2).reshape(batch, places, width)
    # END SOLUTION
