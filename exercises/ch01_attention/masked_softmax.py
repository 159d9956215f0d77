r"""Softmax under a mask.

Implement · 15 minutes · difficulty 2 of 3 · 3 points

Write `masked_softmax(scores, mask)`: from scores to weights, where some keys are out of sight.

`scores` has shape `(..., N, M)`. `mask` is boolean, broadcasts to the scores, and True means "may attend".
The result has the shape and dtype of the scores: each row is the softmax over the keys that may be seen,
and 0 for the others. A row that may see nothing is all zeros, and its gradient is zero too, never NaN. Do
not change the arguments. You may use `torch` and `math`. In the first row one key is hidden, in the second
both:

>>> scores = torch.tensor([[0.0, 5.0], [1.0, 2.0]])
>>> mask = torch.tensor([[True, False], [False, False]])
>>> masked_softmax(scores, mask)
tensor([[1., 0.],
        [0., 0.]])
"""

import torch


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Weights (..., N, M) over the keys that the mask lets through."""
    # Your answer here.
    raise NotImplementedError
