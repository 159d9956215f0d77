r"""A gate for each channel.

Implement · 15 minutes · difficulty 1 of 3 · 2 points

Write `channel_gate(x, w_down, w_up)`: squeeze and excitation. Every channel of a feature map is multiplied by
one number between 0 and 1, and all channels together decide on it.

$$g = \sigma\big(W_\mathrm{up}\, \mathrm{ReLU}(W_\mathrm{down}\, \bar x)\big), \qquad y_c = g_c\, x_c$$

`x` is `(B, C, H, W)`; $\bar x$ is the mean of each channel over all pixels, `(B, C)`. `w_down` is `(C / r, C)`,
`w_up` is `(C, C / r)`; there are no biases. σ is the sigmoid. Return the pair `(y, g)` of shapes `(B, C, H, W)`
and `(B, C)`. You may use `torch`. Zero matrices leave every gate half open:

>>> y, g = channel_gate(torch.ones(1, 2, 1, 1), torch.zeros(1, 2), torch.zeros(2, 1))
>>> g
tensor([[0.5000, 0.5000]])
"""

import torch


def channel_gate(x: torch.Tensor, w_down: torch.Tensor, w_up: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Gated features (B, C, H, W) and gates (B, C)."""
    # Your answer here.
    raise NotImplementedError
