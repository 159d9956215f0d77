r"""Two scores that disagree.

"Dot product and cosine rank the keys in the same order." Prove that wrong with one counter-example.

`ranking_counter_example()` returns `(query, key_a, key_b)`, three tensors of one shape `(d,)` with $d \ge
2$, such that the dot product prefers a and the cosine prefers b:

$$q \cdot k_a > q \cdot k_b \qquad\text{and}\qquad \cos(q, k_a) < \cos(q, k_b).$$

Both gaps must be larger than 0.01, so that no rounding decides; no vector may be zero. You may use `torch`
and `math`. Then ask yourself which property of the keys, made equal, would have made your search hopeless.

>>> query, key_a, key_b = ranking_counter_example()
>>> bool(query @ key_a > query @ key_b)
True
"""

import torch


def ranking_counter_example() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A query and two keys that dot product and cosine rank differently."""
    # BEGIN SOLUTION
    query = torch.tensor([1.0, 0.0])
    long_and_askew = torch.tensor([3.0, 3.0])  # dot product 3, cosine 0.71
    short_and_straight = torch.tensor([1.0, 0.0])  # dot product 1, cosine 1
    return query, long_and_askew, short_and_straight
    # END SOLUTION
