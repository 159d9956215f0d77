"""Recurrent networks beside attention: plain, linear and LSTM, and how far back each of them can learn.

A recurrent network reads one place after another and carries a state; attention looks at all places at once.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_attn._checks import (
    check_axes,
    check_callable,
    check_count,
    check_finite,
    check_same_device,
    check_shape,
    describe,
    error,
)
from course_attn._numbers import check_derivable, check_steps
from course_attn._ways import full_precision


class RNN(nn.Module):
    r"""A plain recurrent network.

    .. math:: h_t = \tanh(W_x x_t + W_h h_{t-1} + b), \qquad h_{-1} = 0

    Args:
        d_input: Width of the input.
        d_hidden: Width of the state, and of the output.
        orthogonal: Start with a :math:`W_h` that keeps lengths, so that gradients shrink by the tanh alone.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if a shape does not fit.

    Source: Elman, 1990; the orthogonal start: Saxe, McClelland & Ganguli, 2014, arXiv 1312.6120.
    Chapter: Self-attention.
    """

    def __init__(self, d_input: int, d_hidden: int, *, orthogonal: bool = False):
        super().__init__()
        check_count("RNN", "d_input", d_input)
        check_count("RNN", "d_hidden", d_hidden)
        self.d_input = d_input
        self.from_input = nn.Linear(d_input, d_hidden)
        self.from_state = nn.Linear(d_hidden, d_hidden, bias=False)
        if orthogonal:
            nn.init.orthogonal_(self.from_state.weight)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, N, d_input)`` to the states ``(B, N, d_hidden)``."""
        check_axes("RNN", "x", x, "B", "N", self.d_input, like=self.from_input)
        check_steps("RNN", "x", x.shape[1])
        inputs = self.from_input(x)  # (B, N, d_hidden): the one part that needs no waiting
        state = torch.zeros_like(inputs[:, 0])  # (B, d_hidden)
        states = []
        for step in inputs.unbind(1):
            state = torch.tanh(step + self.from_state(state))
            states.append(state)
        return torch.stack(states, dim=1)  # (B, N, d_hidden)


class LSTM(nn.Module):
    r"""A recurrent network with a cell, whose content is kept, added to and shown through three gates.

    .. math:: i, f, o = \sigma(\cdot), \quad g = \tanh(\cdot), \qquad
        c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)

    Each dot stands for :math:`W_x x_t + W_h h_{t-1} + b`, with matrices of its own. Along the cell, the gradient is
    multiplied by :math:`f` at each step: it lasts as long as the forget gate stays open, no longer.

    Args:
        d_input: Width of the input.
        d_hidden: Width of state and cell, and of the output.
        forget_bias: Starting bias of the forget gate; near 0 if left out, and the gate starts half open.

    Raises:
        ValueError: If a size is not a positive whole number or the bias no finite number; in ``forward``, if a shape
            or dtype does not fit.

    Source: Hochreiter & Schmidhuber, 1997; forget gate: Gers, Schmidhuber & Cummins, 2000; its bias: Jozefowicz,
        Zaremba & Sutskever, 2015.
    Chapter: Self-attention.
    Differs from torch: one layer, one bias where torch adds two, no states in the result.
    """

    def __init__(self, d_input: int, d_hidden: int, *, forget_bias: float | None = None):
        super().__init__()
        check_count("LSTM", "d_input", d_input)
        check_count("LSTM", "d_hidden", d_hidden)
        self.d_input, self.d_hidden = d_input, d_hidden
        self.from_input = nn.Linear(d_input, 4 * d_hidden)  # rows: input gate, forget gate, candidate, output gate
        self.from_state = nn.Linear(d_hidden, 4 * d_hidden, bias=False)
        if forget_bias is not None:
            check_finite("LSTM", "forget_bias", forget_bias)
            nn.init.constant_(self.from_input.bias[d_hidden : 2 * d_hidden], forget_bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, N, d_input)`` to the states ``(B, N, d_hidden)``."""
        check_axes("LSTM", "x", x, "B", "N", self.d_input, like=self.from_input)
        check_steps("LSTM", "x", x.shape[1])
        inputs = self.from_input(x)  # (B, N, 4 * d_hidden)
        state = inputs.new_zeros(x.shape[0], self.d_hidden)
        cell = state.to(torch.promote_types(state.dtype, torch.float32))  # in half precision a long sum stands still
        states = []
        for step in inputs.unbind(1):
            i, f, g, o = (step + self.from_state(state)).chunk(4, dim=-1)  # (B, d_hidden) each
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            state = (torch.sigmoid(o) * torch.tanh(cell)).to(inputs.dtype)
            states.append(state)
        return torch.stack(states, dim=1)  # (B, N, d_hidden)


def linear_rnn(x: Tensor, transition: Tensor) -> Tensor:
    r"""A recurrent network without the bend: :math:`h_t = A h_{t-1} + x_t`.

    Args:
        x: ``(B, N, D)``.
        transition: :math:`A`, ``(D, D)``.

    Returns:
        The states ``(B, N, D)``.

    Raises:
        ValueError: If a shape does not fit.

    Chapter: Self-attention.
    """
    check_axes("linear_rnn", "x", x, "B", "N", "D")
    check_shape("linear_rnn", "transition", transition, (x.shape[-1], x.shape[-1]), like=x)
    check_steps("linear_rnn", "x", x.shape[1])
    dtype, x, transition = x.dtype, *_for_long_sums(x, transition)
    state, states = torch.zeros_like(x[:, 0]), []
    with full_precision(x):
        for x_t in x.unbind(1):
            state = state @ transition.T + x_t
            states.append(state)
    return torch.stack(states, dim=1).to(dtype)


def linear_rnn_as_mixing(x: Tensor, transition: Tensor) -> Tensor:
    r"""The same as causal mixing: :math:`h_t = \sum_{s \le t} A^{t-s} x_s`.

    Like attention it is a weighted sum over earlier places; but the weights are matrices, and they know only the
    distance, never what stands at a place. With a tanh there is no such form.

    Args:
        x: ``(B, N, D)``.
        transition: :math:`A`, ``(D, D)``.

    Returns:
        The states ``(B, N, D)``, all computed at once.

    Raises:
        ValueError: If a shape does not fit.

    Chapter: Self-attention.
    """
    check_axes("linear_rnn_as_mixing", "x", x, "B", "N", "D")
    check_shape("linear_rnn_as_mixing", "transition", transition, (x.shape[-1], x.shape[-1]), like=x)
    length = x.shape[1]
    check_steps("linear_rnn_as_mixing", "x", length)
    dtype, x, transition = x.dtype, *_for_long_sums(x, transition)
    with full_precision(x):
        powers = [torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)]
        for _ in range(length - 1):
            powers.append(powers[-1] @ transition)
        place = torch.arange(length, device=x.device)
        distance = place[:, None] - place  # (N, N): t - s
        weights = torch.stack(powers)[distance.clamp(min=0)]  # (N, N, D, D): the matrix that carries s to t
        weights = weights * (distance >= 0)[..., None, None]
        return torch.einsum("tsij,bsj->bti", weights, x).to(dtype)


def _for_long_sums(*given: Tensor) -> tuple[Tensor, ...]:
    """float32 at least: in half precision a sum over many places stands still, and powers lose their digits."""
    return tuple(x.to(torch.promote_types(x.dtype, torch.float32)) for x in given)


def gradient_by_distance(module: Callable[[Tensor], Tensor | tuple[Tensor, Tensor]], x: Tensor) -> Tensor:
    r"""How strongly the last output depends on the input ``k`` places before it.

    .. math:: g_k = \Bigl\lVert \frac{\partial y_{N-1}}{\partial x_{N-1-k}} \Bigr\rVert_F

    Args:
        module: From ``(B, N, d_input)`` to ``(B, N, d_output)``, or to a pair whose first is that: a recurrent
            network, or attention.
        x: ``(B, N, d_input)``, where the derivative is taken.

    Returns:
        ``(N,)``: :math:`g_0` to :math:`g_{N-1}`, averaged over the batch.

    Raises:
        ValueError: If ``x`` has not three axes, or another dtype or device than a module's parameters, or the output
            does not have one row for each place.

    Source: Bengio, Simard & Frasconi, 1994 (the vanishing of this quantity); Pascanu, Mikolov & Bengio, 2013,
        arXiv 1211.5063.
    Chapter: Self-attention.
    """
    check_callable("gradient_by_distance", "module", module)
    check_axes("gradient_by_distance", "x", x, "B", "N", "d_input")
    check_derivable("gradient_by_distance", "x", x)
    parameters = list(module.parameters()) if isinstance(module, nn.Module) else []
    dtypes = {p.dtype for p in parameters}
    if parameters and x.device not in {p.device for p in parameters}:  # a module may lie on several
        check_same_device("gradient_by_distance", "x", x, parameters[0], "the module's")
    if dtypes and x.dtype not in dtypes:
        wanted = " or ".join(sorted(str(dtype).removeprefix("torch.") for dtype in dtypes))
        raise error("gradient_by_distance", "x", f"of dtype {wanted}, as the module's parameters", describe(x))
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        result = module(x)
        output = result[0] if isinstance(result, tuple) else result
        if output.dim() != 3 or output.shape[:2] != x.shape[:2]:
            wanted = f"of shape ({x.shape[0]}, {x.shape[1]}, d_output)"
            raise error("gradient_by_distance", "the module's output", wanted, describe(output))
        squared = torch.zeros(x.shape[:2], dtype=torch.promote_types(x.dtype, torch.float32), device=x.device)  # (B, N)
        # One row of the Jacobian at a time. Sequences of a batch do not mix, so their rows can be summed.
        for row in output[:, -1].sum(0):
            (gradient,) = torch.autograd.grad(row, x, retain_graph=True)  # (B, N, d_input)
            squared += gradient.to(squared.dtype).square().sum(-1)
    return squared.sqrt().mean(0).flip(0).to(x.dtype)  # (N,): from the last place backwards
