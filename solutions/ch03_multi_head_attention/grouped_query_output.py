r"""Grouped queries.

Write `grouped_query_output(query, key, value)`: attention in which several query heads share one head of
keys and values.

`query` is `(B, h, N, d)`; `key` and `value` are `(B, g, M, d)`, and g divides h. Query heads stand in groups
of $h / g$ neighbours: the first $h / g$ of them use head 0 of the keys and values, the next $h / g$ use head
1, and so on. Return the output, `(B, h, N, d)`. With g = h this is plain multi-head attention, with g = 1
multi-query attention. You may use `torch` and `math`, but no ready-made attention. Four query heads, two
heads of values, one key:

>>> query, key = torch.ones(1, 4, 1, 1), torch.ones(1, 2, 1, 1)
>>> value = torch.tensor([5.0, 7.0]).view(1, 2, 1, 1)
>>> grouped_query_output(query, key, value).flatten()
tensor([5., 5., 7., 7.])
"""

import math

import torch


def grouped_query_output(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Output (B, h, N, d) of queries (B, h, N, d) and keys, values (B, g, M, d)."""
    # BEGIN SOLUTION
    grouped = query.unflatten(1, (key.shape[1], -1))  # (B, g, h / g, N, d)
    scores = grouped @ key[:, :, None].transpose(-2, -1) / math.sqrt(query.shape[-1])  # (B, g, h / g, N, M)
    return (torch.softmax(scores, dim=-1) @ value[:, :, None]).flatten(1, 2)  # (B, h, N, d)
    # END SOLUTION
