r"""The class token, first.

Find the bug · 10 minutes · difficulty 1 of 3 · 2 points

`class_token_first(patches, class_token, positions)` is meant to make the tokens of a vision transformer. It is
written as one meets it, and it is wrong in three ways. Repair it.

`patches` is `(B, N, D)`, the embedded patches. `class_token` is `(D,)`, learned, the same for all images: it
stands before the patches, as token 0. `positions` is `(N + 1, D)`: row 0 belongs to the class token, row i to patch
i − 1. Return all tokens with their positions, `(B, N + 1, D)`. You may use `torch`. One image of one patch:

>>> class_token_first(torch.tensor([[[1.0, 1.0]]]), torch.tensor([5.0, 5.0]), torch.tensor([[0.1, 0.2], [0.3, 0.4]]))
tensor([[[5.1000, 5.2000],
         [1.3000, 1.4000]]])
"""

import torch


def class_token_first(patches: torch.Tensor, class_token: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Tokens (B, N + 1, D): class token, then patches, all with their positions."""
    raise NotImplementedError  # delete this line, then repair the rest
    tokens = patches + positions[:-1]
    first = class_token.detach().expand(len(patches), 1, -1)
    return torch.cat([tokens, first], dim=1)
