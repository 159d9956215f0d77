r"""A kernel as a matrix of weights.

Implement · 20 minutes · difficulty 2 of 3 · 3 points

A convolution mixes pixels, as attention does; only its "weights" are fixed and may be negative. Write
`kernel_as_weights(kernel, height, width)`: the matrix that mixes the pixels of an image as the kernel would.

`kernel` is `(k, k)` with k odd, one channel in and one out. The result W is `(N, N)` with N = height · width:
row i belongs to output pixel i, column j to input pixel j, pixels counted row by row, and for every image
`x` of shape `(height, width)`

$$(W\, x_\mathrm{flat})_i = \texttt{conv2d}(x, \texttt{kernel}, \texttt{padding}=k // 2)_i,$$

the convolution of deep learning (the kernel is not flipped), with zeros outside the image. You may use `torch`
and `math`. A row of three pixels, and a kernel that takes what stands on the left:

>>> kernel = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
>>> kernel_as_weights(kernel, 1, 3)
tensor([[0., 0., 0.],
        [1., 0., 0.],
        [0., 1., 0.]])
"""

import torch


def kernel_as_weights(kernel: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Matrix (N, N) with the function of a convolution, N = height * width."""
    # Your answer here.
    raise NotImplementedError
