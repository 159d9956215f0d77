"""Multi-head attention as the formula has it: h small heads, side by side.

:class:`~course_attn.multi_head.MultiHeadAttention` computes the same with one matrix product instead of h.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, check_head_mask, check_multiple, error
from course_attn._hidden import by_rows
from course_attn.multi_head import MultiHeadAttention
from course_attn.self_attention import SelfAttention


class MultiHeadByHeads(nn.Module):
    """Multi-head attention as the formula has it: h small layers of attention, their outputs side by side.

    Args:
        d_model: ``D``.
        num_heads: ``h``; divides ``d_model``.
        d_context: Width of the context, if it is not ``D``.
        bias: Whether the projections add a learned vector.

    Raises:
        ValueError: If the sizes do not divide; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.2.2, arXiv 1706.03762.
    Chapter: Multi-head attention.
    """

    def __init__(self, d_model: int, num_heads: int, *, d_context: int | None = None, bias: bool = True):
        super().__init__()
        check_count("MultiHeadByHeads", "num_heads", num_heads)
        check_multiple("MultiHeadByHeads", "d_model", d_model, num_heads)
        d_head = d_model // num_heads
        self.heads = nn.ModuleList(
            SelfAttention(d_model, d_head, d_context=d_context, bias=bias) for _ in range(num_heads)
        )
        self.output = nn.Linear(d_model, d_model, bias=bias)

    @classmethod
    def from_split(cls, layer: MultiHeadAttention) -> MultiHeadByHeads:
        """Return small heads with the weights of a split layer: the same function, in the same mode."""
        if not isinstance(layer, MultiHeadAttention):
            raise error("MultiHeadByHeads.from_split", "layer", "a MultiHeadAttention", type(layer).__name__)
        parts, group = layer.parts(), layer.num_heads // layer.num_kv_heads
        copy = cls(layer.d_model, layer.num_heads, d_context=layer.d_context, bias=layer.output.bias is not None)
        like = layer.output.weight
        if (like.dtype, like.device) != (copy.output.weight.dtype, copy.output.weight.device):
            copy.to(like)  # only then: FakeTensorMode cannot move a layer
        with torch.no_grad():
            for i, head in enumerate(copy.heads.children()):
                for name, (weight, bias) in zip(("query", "key", "value"), parts[:3], strict=True):
                    own = i if name == "query" else i // group
                    rows = slice(own * layer.d_head, (own + 1) * layer.d_head)  # of this head, or of its group
                    head.get_parameter(f"{name}.weight").copy_(weight[rows])
                    if bias is not None:
                        head.get_parameter(f"{name}.bias").copy_(bias[rows])
            copy.output.load_state_dict(layer.output.state_dict())
        trained = [weight.requires_grad for weight, _ in parts]
        for name, parameter in copy.named_parameters():
            parameter.requires_grad_(trained[("query", "key", "value", "output").index(name.split(".")[-2])])
        return copy.train(layer.training)

    def forward(
        self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None, *, return_weights: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the output ``(B, N, D)``, or ``(output, weights)`` with weights ``(B, h, N, M)``.

        Args:
            x: ``(B, N, D)``.
            context: ``(B, M, d_context)``; ``x`` if left out.
            mask: Boolean, broadcastable to ``(B, h, N, M)``; True = may attend.
            return_weights: Also return the weights.
        """
        check_axes("MultiHeadByHeads", "x", x, "B", "N", "D", like=self.output)
        if context is not None:
            check_axes("MultiHeadByHeads", "context", context, x.shape[0], "M", "d_context", like=self.output)
        outputs, all_weights = [], []
        scores_shape = (x.shape[0], len(self.heads), x.shape[1], (x if context is None else context).shape[1])
        if mask is not None:
            check_head_mask("MultiHeadByHeads", mask, scores_shape, x)
            mask = mask.expand(scores_shape)
        for i, head in enumerate(self.heads):
            output, weights = head(x, context, None if mask is None else mask[:, i], return_weights=True)
            outputs.append(output)  # (B, N, d)
            all_weights.append(weights)  # (B, N, M)
        merged = torch.cat(outputs, dim=-1)  # (B, N, h * d)
        output = self.output(merged) if mask is None else by_rows(self.output, merged)  # (B, N, D)
        return (output, torch.stack(all_weights, dim=1)) if return_weights else output
