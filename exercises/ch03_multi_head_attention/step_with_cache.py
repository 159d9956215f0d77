r"""One step with a cache.

Implement · 15 minutes · difficulty 2 of 3 · 3 points

A decoder writes one token at a time. Write `step_with_cache(query, key, value, old_keys, old_values)`: what
one attention layer does when the newest token arrives.

`query`, `key` and `value` belong to the new token, each `(B, h, 1, d)`; `old_keys` and `old_values` are what
was kept of the T tokens before it, each `(B, h, T, d)`, and T may be 0. The new token attends to all tokens
so far and to itself. Return three tensors: the output `(B, h, 1, d)`, and the keys and values to keep for
the next step, `(B, h, T + 1, d)`, oldest first. Do not change the arguments. You may use `torch` and `math`,
but no ready-made attention. The first token sees only itself:

>>> value, nothing = torch.tensor([[[[3.0, 4.0]]]]), torch.zeros(1, 1, 0, 2)
>>> output, keys, values = step_with_cache(value, value, value, nothing, nothing)
>>> output
tensor([[[[3., 4.]]]])
>>> keys.shape
torch.Size([1, 1, 1, 2])
"""

import math

import torch


def step_with_cache(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, old_keys: torch.Tensor, old_values: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Output (B, h, 1, d), and all keys and values so far, (B, h, T + 1, d)."""
    # Your answer here.
    raise NotImplementedError
