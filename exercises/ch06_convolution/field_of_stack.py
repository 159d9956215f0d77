r"""The receptive field of a stack.

Implement · 10 minutes · difficulty 1 of 3 · 2 points

Write `field_of_stack(layers)`: how many input pixels, counted along one side, can one output pixel of a stack
of convolutions see?

`layers` is a list of triples `(kernel, stride, dilation)`, first layer first. One layer alone sees $(k - 1)\,
\delta + 1$ pixels. A step between two neighbours in the input of a layer is as long, in pixels of the image,
as the product of the strides of all layers before it:

$$r = 1 + \sum_l (k_l - 1)\, \delta_l \prod_{m < l} s_m$$

Return r as an int; without layers a pixel sees itself. You may use `torch` and `math`. Two layers of 3 × 3,
then the same with stride 2 in the first:

>>> field_of_stack([(3, 1, 1), (3, 1, 1)]), field_of_stack([(3, 2, 1), (3, 1, 1)])
(5, 7)
"""


def field_of_stack(layers: list[tuple[int, int, int]]) -> int:
    """Side of the square of input pixels that one output pixel depends on."""
    # Your answer here.
    raise NotImplementedError
