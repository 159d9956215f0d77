r"""The shift, recovered.

If moving on by k places is a linear map, it can be found from the encodings alone. Measure it: no formula,
only the table.

`recovered_shift(table, k)` gets encodings `(P, D)`, row p for place p, with many more places than columns,
and a shift $1 \le k < P$. Find, by least squares over all places p that have a place p + k in the table, the
matrix R with $PE_{p+k} \approx R\,PE_p$ (encodings as columns), and return the pair `(R, error)`: R of shape
`(D, D)`, and the largest absolute difference between $R\,PE_p$ and $PE_{p+k}$ over those places and all
columns, as a float. You may use `torch` (`torch.linalg.lstsq` does the work) and `math`. In this table every
row is twice the one before it, so R is the number 2, and fits without error:

>>> R, error = recovered_shift(torch.tensor([[1.0], [2.0], [4.0], [8.0]]), 1)
>>> R, round(error, 4)
(tensor([[2.]]), 0.0)
"""

import torch


def recovered_shift(table: torch.Tensor, k: int) -> tuple[torch.Tensor, float]:
    """The best linear map (D, D) from place p to place p + k, and its largest error."""
    # BEGIN SOLUTION
    now, later = table[:-k], table[k:]  # (P - k, D) each; as rows the equation reads now @ R.T = later
    R = torch.linalg.lstsq(now, later).solution.T  # (D, D)
    return R, float((now @ R.T - later).abs().max())
    # END SOLUTION
