r"""The hidden order.

Prove and check · 10 minutes · difficulty 2 of 3 · 2 points

Attention without positions cannot see in which order its rows stand. Prove it with a counter-example to the
claim "a classifier on top of self-attention can tell any two different sequences apart".

`hidden_order(x)` gets a sequence `(N, D)` whose rows are not all equal. Return another sequence of the same
shape and dtype that differs from `x`, but for which the mean of the output rows is the same whatever the
weights of the self-attention layer (no mask, no positions) are. It must work for every such `x`, so look at
the rows before you move them; do not change the argument. You may use `torch` and `math`. Two rows can only
change places:

>>> hidden_order(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
tensor([[3., 4.],
        [1., 2.]])
"""

import torch


def hidden_order(x: torch.Tensor) -> torch.Tensor:
    """Another sequence (N, D) that attention without positions cannot tell from x."""
    # Your answer here.
    raise NotImplementedError
