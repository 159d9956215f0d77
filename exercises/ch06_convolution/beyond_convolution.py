r"""Beyond convolution.

Prove and check · 10 minutes · difficulty 2 of 3 · 2 points

A convolution is linear: what it makes of a sum of two images is the sum of what it makes of each. Prove that
self-attention is not, so that no convolution, of any size, computes it.

`beyond_convolution()` returns two "images" `(a, b)`, tensors of one shape `(N, d)` with a row for each pixel.
With attention in its plainest form, $A(x) = \mathrm{softmax}(x x^\top / \sqrt d)\, x$, they must satisfy

$$\max |A(a + b) - (A(a) + A(b))| > 0.1,$$

with no entry of a or b larger than 3 in absolute value. You may use `torch` and `math`. Both are plain
tensors of one shape:

>>> a, b = beyond_convolution()
>>> a.shape == b.shape
True
"""

import torch


def beyond_convolution() -> tuple[torch.Tensor, torch.Tensor]:
    """Two inputs (N, d) for which attention of the sum is not the sum of attentions."""
    # Your answer here.
    raise NotImplementedError
