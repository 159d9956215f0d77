r"""Three words in a circle.

Prove and check · 15 minutes · difficulty 2 of 3 · 3 points

Let the first word look at the second, the second at the third, and the third at the first.

The three words are the rows of `torch.eye(3)`. `word_circle()` returns two matrices `(w_q, w_k)`, both of
shape `(3, d)`, such that with queries $XW_Q$ and keys $XW_K$ each word gives the next one a weight of more
than 0.9 (softmax of the dot products over $\sqrt d$, as always). You may use `torch` and `math`.

Then prove on paper that no single matrix can do it, however small a majority you ask for: let
$s_{12} > s_{13}$, $s_{23} > s_{21}$ and $s_{31} > s_{32}$, and use that the scores are symmetric. The last
hint has the proof.

>>> w_q, w_k = word_circle()
>>> weights = torch.softmax(w_q @ w_k.T / w_q.shape[1] ** 0.5, dim=-1)
>>> weights.argmax(dim=-1)
tensor([1, 2, 0])
"""

import torch


def word_circle() -> tuple[torch.Tensor, torch.Tensor]:
    """Matrices (3, d) for queries and keys that make each word look at the next."""
    # Your answer here.
    raise NotImplementedError
