"""A decoder as plain functions of its weights, for one new place at a time.

One place takes so little arithmetic that the modules around it (look-ups, checks, hooks) cost about as much again. Here
every module is taken apart once, and what is left is a chain of functions that hold their weights and their cache.
They compute what the modules compute, for the newest place, without a derivative. A part of another kind than those
below is called as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.module import _has_any_global_hook
from torch.utils.hooks import RemovableHandle

from course_attn._numbers import check_tokens
from course_attn._paths import is_plain_linear, linear, one_query
from course_attn.blocks import DecoderBlock, EncoderBlock, FeedForward, Residual
from course_attn.cache import KeyValueCache, undone_by_errors
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import SinusoidalPositions
from course_attn.transformer import TokenEmbedding, Transformer, TransformerDecoder, TransformerEncoder

Step = Callable[[Tensor], Tensor]  # (B, 1, D) to (B, 1, D)
# What this module has the steps of. A dropout does nothing in eval mode.
BETWEEN = (
    *(CausalLanguageModel, Transformer, TokenEmbedding, TransformerEncoder, TransformerDecoder),
    *(EncoderBlock, DecoderBlock, Residual, nn.Dropout),
)


class LeanDecoder:
    """What :func:`lean_transformer` and :func:`lean_language_model` make of a model.

    Args:
        model: Its modules are watched.
        embed: From tokens ``(B, 1)`` and their place to ``(B, 1, D)``.
        layers: One after another.
        weight: ``(V, D)``, for the scores.
        caches: One for each block; they know the place.
    """

    def __init__(
        self,
        model: nn.Module,
        embed: Callable[[Tensor, int], Tensor],
        layers: list[Step],
        weight: Tensor,
        caches: list[KeyValueCache],
    ):
        self.embed, self.layers, self.weight, self.caches = embed, layers, weight, caches
        self.modules = list(model.modules())
        self.hooks_seen, self.hooked = -1, False

    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(B, 1)``, return scores of the next one ``(B, V)``; no derivative."""
        x = self.embed(tokens, self.caches[0].length)
        with undone_by_errors(*self.caches):
            for layer in self.layers:
                x = layer(x)
            return linear(x, self.weight)[:, -1]

    def watched(self) -> bool:
        """Whether someone has hooked into a module of the model, or into all: then they must really be called."""
        # Each hook takes the next number: while it stands still, at most hooks went away.
        if self.hooked or self.hooks_seen != RemovableHandle.next_id:
            self.hooks_seen = RemovableHandle.next_id
            self.hooked = any(module._forward_hooks or module._forward_pre_hooks for module in self.modules)
        return self.hooked or bool(_has_any_global_hook())


def lean_transformer(
    model: object,
    caches: list[KeyValueCache],
    memory: Tensor,
    memory_mask: Tensor | None,
    memory_caches: list[KeyValueCache],
) -> LeanDecoder | None:
    """Take a :class:`~course_attn.transformer.Transformer`'s decoder apart.

    Args:
        model: Stays the owner of the weights. They must not be replaced while the result is in use; the cached keys
            would be wrong as well.
        caches: One for each block, of the self-attention; a call of the result appends the newest place.
        memory: ``(B, M, D)``.
        memory_mask: To ``(B, h, 1, M)``, or None.
        memory_caches: One for each block, with the memory's keys and values.

    Returns:
        A function of the newest tokens; None if the model is of another class, which may do other things.
    """
    if type(model) is not Transformer or _between_differs(model, model.target_embedding, model.decoder):
        return None
    blocks = [
        _block(block, cache, lean_cross_attention(block.cross_attention, memory, memory_mask, memory_cache))
        for block, cache, memory_cache in zip(model.decoder.blocks, caches, memory_caches, strict=True)
    ]
    embed = lean_embedding(model.target_embedding, model.target_positions)
    layers = [*blocks, lean_norm(model.decoder.final_norm)]
    return LeanDecoder(model, embed, layers, model.target_embedding.weight, caches)


def lean_language_model(model: object, caches: list[KeyValueCache]) -> LeanDecoder | None:
    """:func:`lean_transformer` for a :class:`~course_attn.language_model.CausalLanguageModel`."""
    if type(model) is not CausalLanguageModel or _between_differs(model, model.embedding, model.decoder):
        return None
    blocks = [_block(block, cache) for block, cache in zip(model.decoder.blocks, caches, strict=True)]
    embed = lean_embedding(model.embedding, model.positions)
    layers = [*blocks, lean_norm(model.decoder.final_norm)]
    return LeanDecoder(model, embed, layers, model.embedding.weight, caches)


def _between_differs(model: Any, embedding: nn.Module, decoder: Any) -> bool:
    """Whether what holds the model's parts together, and is not called here, is anything but what it was written as."""
    parts = [model, embedding, decoder, model.dropout, *decoder.blocks]
    around = [part for block in decoder.blocks for name, part in block.named_children() if name.startswith("around")]
    parts += [*around, *(part.dropout for part in around if type(part) is Residual)]
    return any(type(part) not in BETWEEN for part in parts) or not _as_written(*parts)


def _as_written(*parts: nn.Module) -> bool:
    """Whether nobody put a function of his own in the place of a part's ``forward``."""
    return not any("forward" in part.__dict__ for part in parts)


def _block(block: Any, cache: KeyValueCache, cross_attention: Step | None = None) -> Step:
    first = _beside(block.around_attention, lean_attention(block.attention, cache))
    last = _beside(block.around_feed_forward, lean_feed_forward(block.feed_forward))
    if cross_attention is None:
        return lambda x: last(first(x))
    middle = _beside(block.around_cross_attention, cross_attention)
    return lambda x: last(middle(first(x)))


def lean_embedding(embedding: TokenEmbedding, positions: nn.Module | None) -> Callable[[Tensor, int], Tensor]:
    """From the newest tokens ``(B, 1)`` and their place to ``(B, 1, D)``."""
    weight, factor = embedding.weight, math.sqrt(embedding.weight.shape[1])
    sines = positions if type(positions) is SinusoidalPositions and _as_written(positions) else None

    def step(tokens: Tensor, place: int) -> Tensor:
        if tokens.device.type != "cpu":
            check_tokens("TokenEmbedding", "tokens", tokens, len(weight), weight)
        try:  # on a CPU torch looks at the numbers itself, and looking twice would take as long as a linear layer
            x = F.embedding(tokens, weight) * factor
        except (IndexError, RuntimeError, TypeError):
            check_tokens("TokenEmbedding", "tokens", tokens, len(weight), weight)
            raise
        if positions is None:
            return x
        if sines is not None and place < len(sines.table):  # else it grows
            return x + sines.table[place]
        return positions(x, start=place)

    return step


def lean_norm(norm: nn.Module) -> Step:
    """A layer norm."""
    if type(norm) is nn.Identity:
        return lambda x: x
    if type(norm) is not nn.LayerNorm or not _as_written(norm):
        return norm
    shape, weight, bias, eps = norm.normalized_shape, norm.weight, norm.bias, norm.eps
    return lambda x: F.layer_norm(x, shape, weight, bias, eps)


def _beside(residual: Residual, layer: Step) -> Step:
    norm = lean_norm(residual.norm)
    if residual.norm_first:
        return lambda x: x + layer(norm(x))
    return lambda x: norm(x + layer(x))


def lean_feed_forward(layer: nn.Module) -> Step:
    """A feed-forward network."""
    if type(layer) is not FeedForward or type(layer.dropout) is not nn.Dropout:
        return layer
    if not _as_written(layer, layer.dropout) or not (is_plain_linear(layer.inner) and is_plain_linear(layer.outer)):
        return layer
    (w_inner, b_inner), (w_outer, b_outer) = ((part.weight, part.bias) for part in (layer.inner, layer.outer))
    activation = layer.activation
    return lambda x: linear(activation(linear(x, w_inner, b_inner)), w_outer, b_outer)


def lean_attention(layer: Any, cache: KeyValueCache) -> Step:
    """Causal self-attention: the newest place asks all so far, itself included."""

    def whole(x: Tensor) -> Tensor:
        return layer(x, is_causal=True, cache=cache)

    if type(layer) is not MultiHeadAttention or layer.qkv is None or _changed(layer) or layer.rotate is not None:
        return whole
    (w_in, b_in), (w_out, b_out) = ((part.weight, part.bias) for part in (layer.qkv, layer.output))
    sizes, width = [layer.num_heads, layer.num_kv_heads, layer.num_kv_heads], layer.d_head
    num_parts = sum(sizes)

    def step(x: Tensor) -> Tensor:
        if layer.attend is not None or layer.score_bias is not None:  # they may be set at any time
            return whole(x)
        qkv = linear(x, w_in, b_in).view(len(x), num_parts, 1, width)  # one place: nothing to transpose
        query, key, value = qkv.split(sizes, dim=1)  # (B, h, 1, d), twice (B, h_kv, 1, d)
        mixed = one_query(query, *cache.write(key, value))  # (B, h, 1, d)
        return linear(mixed.reshape(x.shape), w_out, b_out)

    return step


def lean_cross_attention(layer: Any, memory: Tensor, mask: Tensor | None, cache: KeyValueCache) -> Step:
    """Attention to the memory, whose keys and values are in the cache."""

    def whole(x: Tensor) -> Tensor:
        return layer(x, memory, mask=mask, cache=cache)

    if type(layer) is not MultiHeadAttention or layer.rotate is not None or _changed(layer):
        return whole
    (w_query, b_query), _, _, (w_out, b_out) = layer.parts()
    num_heads, width = layer.num_heads, layer.d_head
    key, value = cache.view()

    def step(x: Tensor) -> Tensor:
        if layer.attend is not None or layer.score_bias is not None:
            return whole(x)
        query = linear(x, w_query, b_query).view(len(x), num_heads, 1, width)
        mixed = one_query(query, key, value, mask)  # (B, h, 1, d)
        return linear(mixed.reshape(x.shape), w_out, b_out)

    return step


def _changed(layer: MultiHeadAttention) -> bool:
    """Whether something else than a plain linear map stands for one of the layer's parts."""
    plain = all(is_plain_linear(part) for part in layer.children() if part is not layer.score_bias)
    return not (plain and _as_written(layer))
