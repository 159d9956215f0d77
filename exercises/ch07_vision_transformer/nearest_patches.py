r"""The same part of two things.

Measure · 10 minutes · difficulty 1 of 3 · 2 points

Write `nearest_patches(first, second)`: for each patch of one photo, which patch of another is most like it?

`first` is `(N, D)` and `second` `(M, D)`: the tokens of two photos, one row for each patch, as a trained model gives
them. Like is measured by the cosine of the angle between two rows, so that the length of a row does not matter. Return
the pair `(index, cosine)`, both of shape `(N,)`: the number of the best patch in `second`, int64, and how like it is.
Do not change the arguments. You may use `torch`. A long row does not win by its length:

>>> second = torch.tensor([[1.0, 0.1], [50.0, 50.0]])
>>> index, cosine = nearest_patches(torch.tensor([[2.0, 0.0]]), second)
>>> index, cosine
(tensor([0]), tensor([0.9950]))
"""

import torch


def nearest_patches(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Index (N,) of the most similar row of second for each row of first, and its cosine (N,)."""
    # Your answer here.
    raise NotImplementedError
