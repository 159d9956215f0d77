"""A model step by step: the newest tokens in, scores of the next one out, everything before them remembered.

:func:`~course_attn.decoding.greedy_decode` and :func:`~course_attn.decoding.beam_search` search with such steps.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from course_attn._checks import check_count, check_same_device, describe, error
from course_attn._numbers import check_kept, check_rows
from course_attn._readable import numbers_can_be_read
from course_attn.cache import KeyValueCache, undone_by_errors
from course_attn.lean import LeanDecoder, lean_language_model, lean_transformer


class SourceModel(Protocol):
    """What :class:`SourceSteps` needs of a model, as :class:`~course_attn.transformer.Transformer` has it."""

    training: bool
    decoder: Any  # its .blocks have .attention and .cross_attention

    def encode(self, source: Tensor, /) -> tuple[Tensor, Tensor]:
        """Source to memory ``(B, M, D)`` and its mask ``(B, 1, 1, M)``."""
        ...

    def decode(
        self,
        target: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None,
        /,
        *,
        caches: list[KeyValueCache] | None = None,
        memory_caches: list[KeyValueCache] | None = None,
    ) -> Tensor:
        """Tokens ``(B, N)`` to scores ``(B, N, V)``; with caches, only the newest tokens are given."""
        ...


class PromptModel(Protocol):
    """What :class:`PromptSteps` needs, as :class:`~course_attn.language_model.CausalLanguageModel` has it."""

    training: bool
    decoder: Any  # its .blocks have .attention
    embedding: Any  # has .weight (V, D)

    def __call__(self, tokens: Tensor, /, *, caches: list[KeyValueCache] | None = None) -> Tensor:
        """Tokens ``(B, N)`` to scores ``(B, N, V)``; with caches, only the newest tokens are given."""
        ...


class SourceSteps:
    """Steps of a :class:`~course_attn.transformer.Transformer` that decodes a source.

    Args:
        model: In eval mode.
        source: Token numbers ``(B, M)``, padded at the end.
        max_length: Room in the caches: prompt and new tokens together.
        cached: If False, everything is computed anew at each step, to the same tokens.

    Raises:
        ValueError: If the model is in training mode or ``max_length`` is not positive.

    Chapter: The Transformer.
    """

    def __init__(self, model: SourceModel, source: Tensor, max_length: int, *, cached: bool = True):
        _check_model("SourceSteps", model, max_length)
        check_kept("SourceSteps", "source", source)
        self.model = model
        with torch.no_grad():
            self.memory, mask = model.encode(source)
        nothing_padded = numbers_can_be_read(mask) and bool(mask.all())
        self.memory_mask = None if nothing_padded else mask  # nothing to hide at any step
        self.sources = torch.arange(len(source), device=source.device)  # which source each row decodes
        self.tokens = source.new_zeros(len(source), 0)  # all so far, if there is no cache
        self.caches: list[KeyValueCache] | None = None
        self.memory_caches: list[KeyValueCache] | None = None
        if cached:
            blocks = list(model.decoder.blocks)
            self.caches = [_cache_for(block.attention, self.memory, max_length) for block in blocks]
            length = source.shape[1]
            self.memory_caches = [_cache_for(block.cross_attention, self.memory, length) for block in blocks]
        self.lean: LeanDecoder | None = None

    @torch.no_grad()
    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(R, N)``, return scores of the next one ``(R, V)``."""
        check_kept("SourceSteps", "tokens", tokens)
        if self.caches is None or self.memory_caches is None:
            check_same_device("SourceSteps", "tokens", tokens, self.tokens, "the model's")
            tokens = torch.cat([self.tokens, tokens], dim=1)
            scores = self.model.decode(tokens, self.memory, self.memory_mask)[:, -1]
            self.tokens = tokens
            return scores
        if self.memory_caches[0].length and tokens.shape == (len(self.sources), 1):
            if self.lean is None:
                self.lean = lean_transformer(self.model, self.caches, self.memory, self.memory_mask, self.memory_caches)
            if self.lean is not None and not self.lean.watched():
                return self.lean(tokens)
        with undone_by_errors(*self.caches, *self.memory_caches):
            caches = {"caches": self.caches, "memory_caches": self.memory_caches}
            return self.model.decode(tokens, self.memory, self.memory_mask, **caches)[:, -1]

    def reorder(self, rows: Tensor) -> None:
        """Let row ``r`` continue what row ``rows[r]`` has been."""
        check_kept("SourceSteps.reorder", "rows", rows)
        check_rows("SourceSteps.reorder", rows, len(self.sources), self.sources)
        self.tokens = self.tokens[rows]
        for cache in self.caches or ():
            cache.reorder(rows)
        before, self.sources = self.sources, self.sources[rows]
        # Beams of one source share its memory: usually nothing moves.
        if not numbers_can_be_read(rows) or not torch.equal(before, self.sources):
            self.memory = self.memory[rows]
            self.memory_mask = None if self.memory_mask is None else self.memory_mask[rows]
            for cache in self.memory_caches or ():
                cache.reorder(rows)
            self.lean = None  # it holds the memory as it was


class PromptSteps:
    """Steps of a :class:`~course_attn.language_model.CausalLanguageModel` that continues a prompt.

    Args:
        model: In eval mode.
        batch: How many prompts there will be.
        max_length: Room in the caches: prompt and new tokens together.
        cached: If False, everything is computed anew at each step, to the same tokens.

    Raises:
        ValueError: If the model is in training mode or a size is not positive.

    Chapter: The Transformer.
    """

    def __init__(self, model: PromptModel, batch: int, max_length: int, *, cached: bool = True):
        _check_model("PromptSteps", model, max_length)
        check_count("PromptSteps", "batch", batch)
        self.model = model
        weight = model.embedding.weight
        self.tokens = torch.zeros(batch, 0, dtype=torch.long, device=weight.device)
        self.caches: list[KeyValueCache] | None = None
        if cached:
            rows = weight[:1].expand(batch, -1)  # for its batch, dtype and device
            self.caches = [_cache_for(block.attention, rows, max_length) for block in model.decoder.blocks]
        self.lean = None if self.caches is None else lean_language_model(model, self.caches)

    @torch.no_grad()
    def __call__(self, tokens: Tensor) -> Tensor:
        """Append the newest tokens ``(R, N)``, return scores of the next one ``(R, V)``."""
        check_kept("PromptSteps", "tokens", tokens)
        if self.lean is not None and tokens.shape == (len(self.tokens), 1) and not self.lean.watched():
            return self.lean(tokens)
        if self.caches is None:
            check_same_device("PromptSteps", "tokens", tokens, self.tokens, "the model's")
            tokens = torch.cat([self.tokens, tokens], dim=1)
            scores = self.model(tokens, caches=None)[:, -1]
            self.tokens = tokens
            return scores
        with undone_by_errors(*self.caches):
            return self.model(tokens, caches=self.caches)[:, -1]

    def reorder(self, rows: Tensor) -> None:
        """Let row ``r`` continue what row ``rows[r]`` has been."""
        check_kept("PromptSteps.reorder", "rows", rows)
        check_rows("PromptSteps.reorder", rows, len(self.tokens), self.tokens)
        self.tokens = self.tokens[rows]
        for cache in self.caches or ():
            cache.reorder(rows)


def _cache_for(attention: Any, like: Tensor, length: int) -> KeyValueCache:
    """Room for one attention layer, with the batch, dtype and device of ``like``."""
    heads, d_head = attention.num_kv_heads, attention.d_head
    return KeyValueCache(len(like), length, heads, d_head, dtype=like.dtype, device=like.device)


def _check_model(where: str, model: SourceModel | PromptModel, max_length: int) -> None:
    if not hasattr(model, "training"):
        raise error(where, "model", "a model in eval mode", describe(model))
    if model.training:
        raise error(where, "model", "in eval mode", "training mode", "call model.eval(): dropout would be drawn")
    check_count(where, "max_length", max_length)
