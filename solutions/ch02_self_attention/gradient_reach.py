r"""How far back a network can learn.

A plain recurrent network reads `x`, one row at a time: $h_t = \tanh(W_x x_t + W_h h_{t-1})$, with
$h_{-1} = 0$. How much does its last state still depend on the input k places before the last?

$$g_k = \left\lVert \frac{\partial h_{N-1}}{\partial x_{N-1-k}} \right\rVert_F \qquad k = 0, \dots, N-1,$$

the root of the sum of the squares of all entries of that matrix of derivatives. Write
`gradient_reach(x, w_input, w_state)`: `x` has shape `(N, d_in)`, `w_input` is $W_x$, `(d_h, d_in)`, `w_state`
is $W_h$, `(d_h, d_h)`. Return all $g_k$ as a tensor of shape `(N,)` with the dtype of `x`. You may use
`torch`, `torch.autograd` included, and `math`. With inputs of 0 and one number in the state, every step back
multiplies by the one weight, here a half:

>>> gradient_reach(torch.zeros(3, 1), torch.tensor([[2.0]]), torch.tensor([[0.5]]))
tensor([2.0000, 1.0000, 0.5000])
"""

import torch


def gradient_reach(x: torch.Tensor, w_input: torch.Tensor, w_state: torch.Tensor) -> torch.Tensor:
    """How strongly the last state depends on the input k places before the last, (N,)."""
    # BEGIN SOLUTION
    x = x.detach().clone().requires_grad_()
    state = x.new_zeros(len(w_state))
    for x_t in x:
        state = torch.tanh(w_input @ x_t + w_state @ state)
    squared = x.new_zeros(len(x))
    for number in state:  # one row of the matrix of derivatives at a time
        (gradient,) = torch.autograd.grad(number, x, retain_graph=True)  # (N, d_in)
        squared += gradient.square().sum(dim=-1)
    return squared.sqrt().flip(0)  # the last place first
    # END SOLUTION
