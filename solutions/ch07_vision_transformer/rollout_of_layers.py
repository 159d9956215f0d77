r"""From the last layer back to the image.

Write `rollout_of_layers(weights)`: follow attention through a stack of layers, down to the patches.

`weights` is `(L, h, N, N)`: for each layer, first layer first, the weights of its heads. Take the mean of the
heads, $\bar W_l$. Half of each layer's output is taken to come straight through the residual path, so the layer as
a whole mixes the tokens as $M_l = \frac12 (\bar W_l + I)$. All layers together mix the input as $R = M_L \cdots M_2
M_1$: return R, `(N, N)`, with the dtype of `weights`. You may use `torch`. Two layers that both let token 1 look at
token 0:

>>> layer = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
>>> rollout_of_layers(torch.stack([layer, layer])[:, None])
tensor([[1.0000, 0.0000],
        [0.7500, 0.2500]])
"""

import torch


def rollout_of_layers(weights: torch.Tensor) -> torch.Tensor:
    """How each output is made up of the input tokens, (N, N), from weights (L, h, N, N)."""
    # BEGIN SOLUTION
    identity = torch.eye(weights.shape[-1], dtype=weights.dtype)
    rollout = identity
    for layer in weights.mean(dim=1):  # (N, N), first layer first
        rollout = (layer + identity) / 2 @ rollout  # a later layer mixes what the earlier ones have mixed
    return rollout
    # END SOLUTION
