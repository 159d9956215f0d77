r"""A bias for each distance.

Write `relative_bias_matrix(table, num_queries, num_keys)`: a number for every pair of places, that depends on
their distance only.

`table` is `(h, 2 R + 1)`: for each head one learned number per distance, from $-R$ (first column) to $+R$
(last). The distance of key j from query i is j − i; a distance beyond R uses the number of R, one below −R that
of −R. The result is `(h, N, M)` and is later added to the scores. There may be more keys than queries: then
the queries are the last ones, query i stands at place $i + M - N$. You may use `torch`. One head, R = 1:

>>> relative_bias_matrix(torch.tensor([[5.0, 0.0, 7.0]]), 3, 3)
tensor([[[0., 7., 7.],
         [5., 0., 7.],
         [5., 5., 0.]]])
"""

import torch


def relative_bias_matrix(table: torch.Tensor, num_queries: int, num_keys: int) -> torch.Tensor:
    """Bias (h, N, M) from a table (h, 2 R + 1)."""
    # BEGIN SOLUTION
    reach = table.shape[1] // 2
    queries = torch.arange(num_queries) + num_keys - num_queries  # (N,), their places
    distance = torch.arange(num_keys)[None, :] - queries[:, None]  # (N, M)
    return table[:, distance.clamp(-reach, reach) + reach]  # (h, N, M)
    # END SOLUTION
