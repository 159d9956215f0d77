r"""Convolution or attention.

Predict, then run · 15 minutes · difficulty 2 of 3 · 2 points

Before you run anything: a feature map of 32 × 32 pixels with C = 64 channels goes, channels kept, through

- a convolution of 3 × 3, stride 1, padding 1;
- one head of self-attention over all pixels: four projections C → C (queries, keys, values, output), the
  scores of all pairs of pixels, and the weighted sums.

Count multiplications, without biases and softmax.

1. How many does the convolution need?
2. How many does attention need?
3. From which number of pixels on (a whole number) does attention need more than the convolution, if C stays 64?

`conv_or_attention()` returns the three numbers as a list, in this order. You may use `torch` and `math`; paper
is enough. Both counts are whole multiples of the number of pixels:

>>> convolution, attention, pixels = conv_or_attention()
>>> convolution % 1024, attention % 1024
(0, 0)
"""


def conv_or_attention() -> list[int]:
    """Multiplications of the convolution, of attention, and the pixels from which attention needs more."""
    # Your answer here.
    raise NotImplementedError
