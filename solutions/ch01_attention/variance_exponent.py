r"""How the variance grows.

Measure how the variance of the dot product grows with the width: if $\mathrm{Var}(q \cdot k) \propto
d^{\,p}$, what is $p$ for the vectors you are given?

`variance_exponent(samples)` gets a list with one entry for each width: a pair `(queries, keys)` of tensors
of shape `(n, d)`, row i of one belonging to row i of the other. For each width take the variance of the n
dot products; then return, as a float, the slope of the least-squares line of log variance against log
width. You may use `torch` and `math`. For independent entries you will find about 1, which is why the
scores are divided by $\sqrt d$. Here every vector repeats one number d times, the entries are not
independent at all, and the slope is 2:

>>> numbers = torch.tensor([[1.0], [-2.0], [3.0]])
>>> samples = [(numbers.expand(3, d), torch.ones(3, d)) for d in (2, 4, 8)]
>>> round(variance_exponent(samples), 4)
2.0
"""

import math

import torch


def variance_exponent(samples: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Slope of log variance against log width."""
    # BEGIN SOLUTION
    widths = torch.tensor([math.log(queries.shape[-1]) for queries, _ in samples], dtype=torch.float64)
    variances = torch.stack([(queries * keys).sum(dim=-1).double().var().log() for queries, keys in samples])
    widths, variances = widths - widths.mean(), variances - variances.mean()
    return float((widths * variances).sum() / widths.square().sum())
    # END SOLUTION
