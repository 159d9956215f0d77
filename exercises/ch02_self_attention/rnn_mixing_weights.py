r"""A recurrent network as mixing.

Implement · 20 minutes · difficulty 2 of 3 · 3 points

"An RNN can be seen as a special case of self-attention." For a linear one that is true. With
$h_t = A\,h_{t-1} + x_t$ and $h_{-1} = 0$, every state is a weighted sum over what came before,

$$h_t = \sum_{s \le t} W_{ts}\, x_s,$$

only that each weight is a matrix, and that it was fixed before any word was read. Write
`rnn_mixing_weights(transition, length)`: all these weights at once. `transition` is $A$, of shape `(D, D)`;
`length` is N, at least 1. The result has shape `(N, N, D, D)` and the dtype of `transition`: at `[t, s]`
stands the matrix that carries $x_s$ to $h_t$, and zeros where s lies in the future of t. Do not change the
arguments. You may use `torch` and `math`. Here each step doubles the first number of the state, and the last
of three states is two steps away from the first input:

>>> transition = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
>>> weights = rnn_mixing_weights(transition, 3)
>>> weights[2, 0]
tensor([[4., 0.],
        [0., 1.]])
>>> weights[0, 2]
tensor([[0., 0.],
        [0., 0.]])
"""

import torch


def rnn_mixing_weights(transition: torch.Tensor, length: int) -> torch.Tensor:
    """Weights (N, N, D, D): at [t, s] the matrix that carries x_s to h_t."""
    # Your answer here.
    raise NotImplementedError
