r"""Predict the output.

Predict, then run · 10 minutes · difficulty 1 of 3 · 2 points

Before you run anything: a query meets two keys of width $d = 4$. Its dot products with them are $0$ and
$2 \ln 3$ (about 2.197). The values beside the keys are the numbers 10 and 50. What does attention return

1. when the scores are the plain dot products,
2. when they are divided by $\sqrt d$ first,
3. as in 2, but with the second key masked out?

Work the three numbers out on paper ($e^{\ln 3} = 3$ helps), then let `predict_output()` return them as a
list, in this order, right to two decimals. You may use `torch` and `math`, and no code is needed beyond the
numbers. What the three have in common is that each is a mixture of 10 and 50:

>>> all(10 <= number <= 50 for number in predict_output())
True
"""

import math


def predict_output() -> list[float]:
    """Outputs with plain scores, with scaled scores, and with the second key masked."""
    # Your answer here.
    raise NotImplementedError
