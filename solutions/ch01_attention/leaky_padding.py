r"""Leaky padding.

`leaky_padding(scores, lengths)` is meant to turn scores into weights that never look at padding. It is written
as one meets it, and it is wrong in more than one way. Repair it.

`scores` has shape `(B, N, M)`, `lengths` holds B whole numbers: sentence b has `lengths[b]` real keys, then
padding. The result has the shape and dtype of the scores, float16 and bfloat16 included: the softmax over
the real keys, 0 at the padding. A sentence of length 0 has nothing to look at: all its weights are 0, with
gradient 0. Do not change the arguments. You may use `torch` and `math`. One sentence of two real keys, one
of none:

>>> leaky_padding(torch.zeros(2, 1, 4), torch.tensor([2, 0]))[:, 0]
tensor([[0.5000, 0.5000, 0.0000, 0.0000],
        [0.0000, 0.0000, 0.0000, 0.0000]])
"""

import torch


def leaky_padding(scores: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Weights (B, N, M) that leave padding alone."""
    # BEGIN GIVEN
    # positions = torch.arange(scores.shape[-1])  # (M,)
    # padding = positions > lengths[:, None]  # (B, M)
    # filled = scores.masked_fill(padding[:, None, :], float("-1e20"))  # (B, N, M)
    # return torch.softmax(filled, dim=-1)
    # END GIVEN
    # BEGIN SOLUTION
    positions = torch.arange(scores.shape[-1], device=scores.device)  # (M,)
    padding = (positions >= lengths[:, None])[:, None, :]  # (B, 1, M)
    empty = padding.all(dim=-1, keepdim=True)  # (B, 1, 1)
    weights = torch.softmax(scores.masked_fill(padding & ~empty, float("-inf")), dim=-1)
    return weights.masked_fill(empty, 0.0)
    # END SOLUTION
