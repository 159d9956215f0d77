"""oneDNN's float32 linear. :mod:`course_attn._paths` decides when it is taken."""

from __future__ import annotations

import torch
from torch import Tensor


def onednn_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``F.linear`` for float32 on a CPU, ``(..., d_in)`` to ``(..., d_out)``, without a derivative."""
    return torch.ops.mkldnn._linear_pointwise.default(x, weight, bias, "none", [], "")


class OneDNNLinear(torch.autograd.Function):
    """oneDNN's float32 linear, which has no derivative of its own. Both derivatives are linears again."""

    @staticmethod
    def forward(ctx, x, weight, bias):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x, weight)
        return onednn_linear(x, weight, bias)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[no-untyped-def]
        x, weight = ctx.saved_tensors
        rows = grad.reshape(-1, grad.shape[-1])  # (R, d_out)
        grad_x = OneDNNLinear.apply(grad, weight.t(), None) if ctx.needs_input_grad[0] else None
        grad_weight = grad_bias = None
        if ctx.needs_input_grad[1]:
            grad_weight = OneDNNLinear.apply(rows.t(), x.reshape(-1, x.shape[-1]).t(), None)
        if ctx.needs_input_grad[2]:
            grad_bias = rows.sum(0)
        return grad_x, grad_weight, grad_bias
