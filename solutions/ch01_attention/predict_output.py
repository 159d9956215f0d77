r"""Predict the output.

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
    # BEGIN SOLUTION

    def mixture(second_score: float) -> float:
        share = math.exp(second_score) / (1 + math.exp(second_score))  # the first score is 0, and exp(0) = 1
        return 10 * (1 - share) + 50 * share

    return [mixture(2 * math.log(3)), mixture(2 * math.log(3) / math.sqrt(4)), 10.0]
    # END SOLUTION
