r"""A previous-token head.

Measure · 10 minutes · difficulty 2 of 3 · 2 points

Some heads of a trained model look, from every place, at the place before it. Measure how much.

`previous_token_score(weights)` gets the attention weights of one layer, `(B, h, N, N)`, queries on rows and
keys on columns. For each head return the weight it gives to the token just before the query, averaged over
all queries that have one (the first has none, and is left out) and over the batch: a tensor of shape
`(h,)`. You may use `torch`. A head that looks back by one everywhere scores 1, a head that looks at itself
scores 0:

>>> back = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
>>> previous_token_score(torch.stack([back, torch.eye(3)])[None])
tensor([1., 0.])
"""

import torch


def previous_token_score(weights: torch.Tensor) -> torch.Tensor:
    """Mean weight on the previous token, (h,), of weights (B, h, N, N)."""
    # Your answer here.
    raise NotImplementedError
