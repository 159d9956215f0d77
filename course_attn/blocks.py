"""The blocks of the Transformer: attention, then a feed-forward network, each beside a residual connection."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_axes, check_between, check_callable, check_choice, check_count, check_same_device
from course_attn._paths import through
from course_attn.cache import KeyValueCache, undone_by_errors

Norm = Callable[[int], nn.Module]


class FeedForward(nn.Module):
    r"""Two linear maps with a bend between them, the same at every place.

    .. math:: \mathrm{FFN}(x) = \phi(x W_1 + b_1)\, W_2 + b_2

    Args:
        d_model: ``D``.
        d_ff: Width between the two maps, often ``4 D``.
        activation: :math:`\phi`, a function of a tensor; ReLU as in the paper if left out.
        dropout: Probability of dropping a number of the inner layer while training.

    Raises:
        ValueError: If a size is not a positive whole number, the activation no function or the dropout outside
            ``[0, 1)``; in ``forward``, if a shape or dtype does not fit.

    Source: Vaswani et al., 2017, equation 2, arXiv 1706.03762.
    Chapter: The Transformer.
    """

    def __init__(self, d_model: int, d_ff: int, activation: Callable[[Tensor], Tensor] = F.relu, dropout: float = 0.0):
        super().__init__()
        check_count("FeedForward", "d_model", d_model)
        check_count("FeedForward", "d_ff", d_ff)
        check_callable("FeedForward", "activation", activation, "as in activation=torch.relu")
        check_between("FeedForward", "dropout", dropout, 0.0, 1.0)
        self.d_model = d_model
        self.inner = nn.Linear(d_model, d_ff)
        self.outer = nn.Linear(d_ff, d_model)
        self.activation = activation
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """``(..., D)`` to ``(..., D)``."""
        check_axes("FeedForward", "x", x, "...", self.d_model, like=self.inner)
        hidden = self.activation(through(self.inner, x))  # (..., d_ff)
        return through(self.outer, _dropped(self.dropout, hidden))  # (..., D)


def _dropped(dropout: nn.Dropout, x: Tensor) -> Tensor:
    """Call the dropout only while it trains: for one token, an idle one costs two thirds of a layer norm."""
    return dropout(x) if dropout.training else x


class GatedFeedForward(nn.Module):
    r"""A feed-forward network in which one linear map gates another (SwiGLU).

    .. math:: \mathrm{FFN}(x) = \bigl(\phi(x W_1) \odot x W_3\bigr)\, W_2

    Args:
        d_model: ``D``.
        d_ff: Width of gate and gated.
        activation: :math:`\phi`; SiLU if left out.

    Raises:
        ValueError: If a size is not a positive whole number or the activation no function; in ``forward``, if a shape
            or dtype does not fit.

    Source: Shazeer, 2020, equation 6, arXiv 2002.05202.
    Chapter: The Transformer.
    """

    def __init__(self, d_model: int, d_ff: int, activation: Callable[[Tensor], Tensor] = F.silu):
        super().__init__()
        check_count("GatedFeedForward", "d_model", d_model)
        check_count("GatedFeedForward", "d_ff", d_ff)
        check_callable("GatedFeedForward", "activation", activation, "as in activation=torch.relu")
        self.d_model = d_model
        self.gate = nn.Linear(d_model, d_ff, bias=False)
        self.inner = nn.Linear(d_model, d_ff, bias=False)
        self.outer = nn.Linear(d_ff, d_model, bias=False)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """``(..., D)`` to ``(..., D)``."""
        check_axes("GatedFeedForward", "x", x, "...", self.d_model, like=self.gate)
        gate = self.activation(through(self.gate, x))  # (..., d_ff)
        return through(self.outer, gate * through(self.inner, x))  # (..., D)


class Residual(nn.Module):
    r"""One step of a block: a layer beside a path that leaves the input as it is.

    .. math:: \text{before: } x + f(\mathrm{norm}(x)) \qquad \text{after: } \mathrm{norm}(x + f(x))

    With the norm before, a straight path leads from the first block to the last, and training starts without warm-up
    (Xiong et al., 2020, arXiv 2002.04745); after is the paper's order.

    Args:
        d_model: ``D``.
        norm: ``"before"`` or ``"after"``.
        dropout: Probability of dropping a number of the layer's output while training.
        make_norm: Called with ``D``, returns the norm.

    Raises:
        ValueError: If ``d_model`` is not a positive whole number, ``norm`` neither word, the dropout outside
            ``[0, 1)`` or ``make_norm`` no function.

    Chapter: The Transformer.
    """

    def __init__(self, d_model: int, norm: str = "before", dropout: float = 0.0, make_norm: Norm = nn.LayerNorm):
        super().__init__()
        check_count("Residual", "d_model", d_model)
        check_callable("Residual", "make_norm", make_norm, "as in make_norm=torch.nn.LayerNorm")
        check_choice("Residual", "norm", norm, ("before", "after"))
        check_between("Residual", "dropout", dropout, 0.0, 1.0)
        self.norm_first = norm == "before"
        self.norm = make_norm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, layer: Callable[[Tensor], Tensor]) -> Tensor:
        """``(B, N, D)`` to ``(B, N, D)``; ``layer`` is a function of one such tensor."""
        if self.norm_first:
            return x + _dropped(self.dropout, layer(self.norm(x)))
        return self.norm(x + _dropped(self.dropout, layer(x)))


class EncoderBlock(nn.Module):
    """Self-attention, then feed-forward: each place looks around, then thinks by itself.

    Args:
        d_model: ``D``.
        attention: A layer called as :class:`~course_attn.multi_head.MultiHeadAttention` is.
        feed_forward: ``(B, N, D)`` to ``(B, N, D)``.
        norm: ``"before"`` or ``"after"`` each of the two, see :class:`Residual`.
        dropout: On each of the two outputs.
        make_norm: Called with ``D``, returns a norm.

    Raises:
        ValueError: As :class:`Residual`; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.1, arXiv 1706.03762.
    Chapter: The Transformer.
    """

    def __init__(
        self,
        d_model: int,
        attention: nn.Module,
        feed_forward: nn.Module,
        *,
        norm: str = "before",
        dropout: float = 0.0,
        make_norm: Norm = nn.LayerNorm,
    ):
        super().__init__()
        _check_layers("EncoderBlock", attention=attention, feed_forward=feed_forward)
        self.d_model = d_model
        self.attention = attention
        self.feed_forward = feed_forward
        self.around_attention = Residual(d_model, norm, dropout, make_norm)
        self.around_feed_forward = Residual(d_model, norm, dropout, make_norm)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, *, is_causal: bool = False, cache: KeyValueCache | None = None
    ) -> Tensor:
        """``(B, N, D)`` to ``(B, N, D)``; mask, is_causal and cache go to the attention."""
        check_axes("EncoderBlock", "x", x, "B", "N", self.d_model)
        _check_norm("EncoderBlock", x, self.around_attention.norm)
        with nullcontext() if cache is None else undone_by_errors(cache):
            x = self.around_attention(x, lambda y: self.attention(y, mask=mask, is_causal=is_causal, cache=cache))
            return self.around_feed_forward(x, self.feed_forward)


class DecoderBlock(nn.Module):
    """Causal self-attention, then cross-attention to the encoder's output, then feed-forward.

    Args:
        d_model: ``D``.
        attention: Self-attention, called as :class:`~course_attn.multi_head.MultiHeadAttention` is.
        cross_attention: The same, for the memory.
        feed_forward: ``(B, N, D)`` to ``(B, N, D)``.
        norm: ``"before"`` or ``"after"`` each of the three, see :class:`Residual`.
        dropout: On each of the three outputs.
        make_norm: Called with ``D``, returns a norm.

    Raises:
        ValueError: As :class:`Residual`; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.1, arXiv 1706.03762.
    Chapter: The Transformer.
    """

    def __init__(
        self,
        d_model: int,
        attention: nn.Module,
        cross_attention: nn.Module,
        feed_forward: nn.Module,
        *,
        norm: str = "before",
        dropout: float = 0.0,
        make_norm: Norm = nn.LayerNorm,
    ):
        super().__init__()
        _check_layers("DecoderBlock", attention=attention, cross_attention=cross_attention, feed_forward=feed_forward)
        self.d_model = d_model
        self.attention = attention
        self.cross_attention = cross_attention
        self.feed_forward = feed_forward
        self.around_attention = Residual(d_model, norm, dropout, make_norm)
        self.around_cross_attention = Residual(d_model, norm, dropout, make_norm)
        self.around_feed_forward = Residual(d_model, norm, dropout, make_norm)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        *,
        cache: KeyValueCache | None = None,
        memory_cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Let the target look at its own past, then at the memory.

        Args:
            x: ``(B, N, D)``, the target so far.
            memory: ``(B, M, D)``, the encoder's output.
            mask: For the self-attention, to ``(B, h, N, N)``; the future is hidden without it.
            memory_mask: For the cross-attention, to ``(B, h, N, M)``.
            cache: Of the self-attention.
            memory_cache: Of the cross-attention: keys and values of the memory, computed once.

        Returns:
            ``(B, N, D)``.
        """
        check_axes("DecoderBlock", "x", x, "B", "N", self.d_model)
        _check_norm("DecoderBlock", x, self.around_attention.norm)
        with nullcontext() if cache is memory_cache is None else undone_by_errors(cache, memory_cache):
            x = self.around_attention(x, lambda y: self.attention(y, mask=mask, is_causal=True, cache=cache))
            x = self.around_cross_attention(
                x, lambda y: self.cross_attention(y, memory, mask=memory_mask, cache=memory_cache)
            )
            return self.around_feed_forward(x, self.feed_forward)


def _check_layers(where: str, **layers: object) -> None:
    """Layers come in from outside; one that is none would be noticed only when the block is called."""
    for name, layer in layers.items():
        check_callable(where, name, layer)


def _check_norm(where: str, x: Tensor, norm: nn.Module) -> None:
    """The norm comes first and says little about a wrong dtype. In half precision it may well stay in float32."""
    weight = getattr(norm, "weight", None)
    if not isinstance(weight, Tensor):
        return
    check_same_device(where, "x", x, weight)
    if x.dtype != weight.dtype and torch.float64 in (x.dtype, weight.dtype):
        check_axes(where, "x", x, "...", like=weight)
