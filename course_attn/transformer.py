"""The Transformer: stacks of blocks, and the encoder-decoder that turns one sequence into another."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_attn._checks import check_axes, check_between, check_callable, check_count, describe, error
from course_attn._numbers import check_tokens
from course_attn._paths import linear
from course_attn.blocks import DecoderBlock, EncoderBlock, FeedForward
from course_attn.cache import KeyValueCache, check_caches, undone_by_errors
from course_attn.multi_head import MultiHeadAttention

MakeAttention = Callable[[], nn.Module]


class TransformerEncoder(nn.Module):
    """A stack of encoder blocks; with the norm before, one more norm at the end.

    Args:
        d_model: ``D``.
        num_heads: ``h``.
        d_ff: Inner width of the feed-forward networks.
        num_layers: How many blocks.
        norm: ``"before"`` or ``"after"``.
        dropout: On weights, inner layers and outputs of each block while training.
        make_attention: Called once a block, returns its attention: the way to rotary positions or score biases.
            Plain :class:`~course_attn.multi_head.MultiHeadAttention` if left out.

    Raises:
        ValueError: If a size or the norm is not as the parts want it; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.1, arXiv 1706.03762.
    Chapter: The Transformer.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_layers: int,
        *,
        norm: str = "before",
        dropout: float = 0.0,
        make_attention: MakeAttention | None = None,
    ):
        super().__init__()
        check_count("TransformerEncoder", "num_layers", num_layers)
        if make_attention is not None:
            check_callable("TransformerEncoder", "make_attention", make_attention)
        make = make_attention or (lambda: MultiHeadAttention(d_model, num_heads, dropout=dropout))
        self.blocks = nn.ModuleList(
            EncoderBlock(d_model, make(), FeedForward(d_model, d_ff, dropout=dropout), norm=norm, dropout=dropout)
            for _ in range(num_layers)
        )
        # Norm before: the straight path through all blocks was never normalised. Norm after: it just was.
        self.final_norm = nn.LayerNorm(d_model) if norm == "before" else nn.Identity()

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        is_causal: bool = False,
        caches: list[KeyValueCache] | None = None,
    ) -> Tensor:
        """``(B, N, D)`` to ``(B, N, D)``; one cache for each block, if any."""
        check_caches("TransformerEncoder", "caches", caches, len(self.blocks))
        with undone_by_errors(*(caches or ())):
            for i, block in enumerate(self.blocks):
                x = block(x, mask, is_causal=is_causal, cache=None if caches is None else caches[i])
            return self.final_norm(x)


class TransformerDecoder(nn.Module):
    """A stack of decoder blocks; with the norm before, one more norm at the end.

    Args:
        d_model: ``D``.
        num_heads: ``h``.
        d_ff: Inner width of the feed-forward networks.
        num_layers: How many blocks.
        norm: ``"before"`` or ``"after"``.
        dropout: On weights, inner layers and outputs of each block while training.
        make_attention: Called once a block, returns its self-attention. Cross-attention is always plain.

    Raises:
        ValueError: If a size or the norm is not as the parts want it; in ``forward``, if a shape does not fit.

    Source: Vaswani et al., 2017, section 3.1, arXiv 1706.03762.
    Chapter: The Transformer.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_layers: int,
        *,
        norm: str = "before",
        dropout: float = 0.0,
        make_attention: MakeAttention | None = None,
    ):
        super().__init__()
        check_count("TransformerDecoder", "num_layers", num_layers)
        if make_attention is not None:
            check_callable("TransformerDecoder", "make_attention", make_attention)

        def plain() -> MultiHeadAttention:
            return MultiHeadAttention(d_model, num_heads, dropout=dropout)

        make = make_attention or plain
        self.blocks = nn.ModuleList(
            DecoderBlock(
                d_model, make(), plain(), FeedForward(d_model, d_ff, dropout=dropout), norm=norm, dropout=dropout
            )
            for _ in range(num_layers)
        )
        self.final_norm = nn.LayerNorm(d_model) if norm == "before" else nn.Identity()

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        *,
        caches: list[KeyValueCache] | None = None,
        memory_caches: list[KeyValueCache] | None = None,
    ) -> Tensor:
        """``x (B, N, D)`` and ``memory (B, M, D)`` to ``(B, N, D)``; one cache of each kind for each block, if any."""
        check_caches("TransformerDecoder", "caches", caches, len(self.blocks))
        check_caches("TransformerDecoder", "memory_caches", memory_caches, len(self.blocks))
        with undone_by_errors(*(caches or ()), *(memory_caches or ())):
            for i, block in enumerate(self.blocks):
                cache = None if caches is None else caches[i]
                memory_cache = None if memory_caches is None else memory_caches[i]
                x = block(x, memory, mask, memory_mask, cache=cache, memory_cache=memory_cache)
            return self.final_norm(x)


class TokenEmbedding(nn.Module):
    r"""A learned row for each token, times :math:`\sqrt D`; and the way back, scores for each token.

    Tied: the scores are dot products with the same rows. Rows start with variance ``1 / D``, so that the factor brings
    embeddings, and the scores of a normalised output, to variance 1.

    Args:
        vocabulary: How many tokens there are.
        d_model: ``D``.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, if a token is not of the vocabulary.

    Source: Vaswani et al., 2017, section 3.4, arXiv 1706.03762; Press & Wolf, 2017, arXiv 1608.05859 (tying).
    Chapter: The Transformer.
    """

    def __init__(self, vocabulary: int, d_model: int):
        super().__init__()
        check_count("TokenEmbedding", "vocabulary", vocabulary)
        check_count("TokenEmbedding", "d_model", d_model)
        self.weight = nn.Parameter(torch.randn(vocabulary, d_model) / math.sqrt(d_model))

    def forward(self, tokens: Tensor) -> Tensor:
        """Token numbers ``(B, N)`` to ``(B, N, D)``."""
        vocabulary, d_model = self.weight.shape
        check_tokens("TokenEmbedding", "tokens", tokens, vocabulary, self.weight)
        return nn.functional.embedding(tokens, self.weight) * math.sqrt(d_model)

    def scores(self, x: Tensor) -> Tensor:
        """Outputs ``(B, N, D)`` to one score for each token ``(B, N, V)``."""
        check_axes("TokenEmbedding.scores", "x", x, "...", self.weight.shape[1], like=self.weight)
        return linear(x, self.weight)


class Transformer(nn.Module):
    """Encoder and decoder: a source sequence in, scores for the next token of a target sequence out.

    Args:
        source_vocabulary: How many tokens the source has.
        target_vocabulary: How many tokens the target has.
        d_model: ``D``.
        num_heads: ``h``.
        d_ff: Inner width of the feed-forward networks.
        num_layers: How many blocks in the encoder, and as many in the decoder.
        positions: Adds positions, ``(B, N, D)`` and ``start=`` to ``(B, N, D)``
            (:class:`course_attn.positional.absolute.SinusoidalPositions`); used on both sides. None for none.
        target_positions: For the target, if it is to have its own.
        pad: The token that fills up short sequences, the same number on both sides. No one attends to it.
        norm: ``"before"`` or ``"after"``.
        dropout: While training.
        share_embedding: One embedding for source and target; the vocabularies must be one.

    Raises:
        ValueError: If a size is not as the parts want it; in ``forward``, if tokens or shapes do not fit.

    Source: Vaswani et al., 2017, arXiv 1706.03762.
    Chapter: The Transformer.
    Differs from torch: embeddings and output scores are part of it; masks are made from the padding.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_layers: int,
        *,
        positions: nn.Module | None,
        target_positions: nn.Module | None = None,
        pad: int = 0,
        norm: str = "before",
        dropout: float = 0.0,
        share_embedding: bool = False,
    ):
        super().__init__()
        if share_embedding and source_vocabulary != target_vocabulary:
            wanted = f"source_vocabulary = {source_vocabulary} when they share an embedding"
            raise error("Transformer", "target_vocabulary", wanted, str(target_vocabulary))
        if isinstance(pad, bool) or not isinstance(pad, int):
            raise error("Transformer", "pad", "the number of a token", describe(pad))
        check_between("Transformer", "dropout", dropout, 0.0, 1.0)
        check_positions("Transformer", "positions", positions)
        check_positions("Transformer", "target_positions", target_positions)
        self.pad = pad
        self.source_embedding = TokenEmbedding(source_vocabulary, d_model)
        self.target_embedding = self.source_embedding if share_embedding else TokenEmbedding(target_vocabulary, d_model)
        self.source_positions = positions
        self.target_positions = positions if target_positions is None else target_positions
        self.dropout = nn.Dropout(dropout)
        self.encoder = TransformerEncoder(d_model, num_heads, d_ff, num_layers, norm=norm, dropout=dropout)
        self.decoder = TransformerDecoder(d_model, num_heads, d_ff, num_layers, norm=norm, dropout=dropout)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Score the next token after each place of the target (teacher forcing: the target is given).

        Args:
            source: Token numbers ``(B, M)``, padded at the end.
            target: Token numbers ``(B, N)``, padded at the end; its first is the start token.

        Returns:
            Scores ``(B, N, V)``; row ``i`` has seen places ``0`` to ``i`` of the target.
        """
        memory, memory_mask = self.encode(source)
        return self.decode(target, memory, memory_mask)

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Token numbers ``(B, M)`` to the memory ``(B, M, D)`` and its mask ``(B, 1, 1, M)``."""
        if not isinstance(source, Tensor) or source.dim() != 2:  # the embedding checks the numbers
            check_tokens("Transformer", "source", source, self.source_embedding.weight.shape[0], None)
        mask = (source != self.pad)[:, None, None]  # (B, 1, 1, M)
        return self.encoder(self._embed(source, self.source_embedding, self.source_positions, 0), mask), mask

    def decode(
        self,
        target: Tensor,
        memory: Tensor,
        memory_mask: Tensor | None,
        *,
        caches: list[KeyValueCache] | None = None,
        memory_caches: list[KeyValueCache] | None = None,
    ) -> Tensor:
        """Target ``(B, N)`` and memory to scores ``(B, N, V)``; with caches, the target is only its newest tokens.

        The target's own padding needs no mask: it stands at the end, and no earlier place sees a later one.
        """
        if not isinstance(target, Tensor) or target.dim() != 2:
            check_tokens("Transformer", "target", target, self.target_embedding.weight.shape[0], None)
        weight = self.target_embedding.weight
        check_axes("Transformer.decode", "memory", memory, target.shape[0], "M", weight.shape[1], like=weight)
        check_caches("Transformer.decode", "caches", caches, len(self.decoder.blocks))
        check_caches("Transformer.decode", "memory_caches", memory_caches, len(self.decoder.blocks))
        start = 0 if caches is None else caches[0].length
        x = self._embed(target, self.target_embedding, self.target_positions, start)
        with undone_by_errors(*(caches or ()), *(memory_caches or ())):
            x = self.decoder(x, memory, None, memory_mask, caches=caches, memory_caches=memory_caches)
            return self.target_embedding.scores(x)

    def _embed(self, tokens: Tensor, embedding: TokenEmbedding, positions: nn.Module | None, start: int) -> Tensor:
        x = embedding(tokens)
        return self.dropout(x if positions is None else positions(x, start=start))


def check_positions(where: str, name: str, positions: object) -> None:
    """Require a module that adds positions, or None; a word like "sines" chooses nothing here."""
    if positions is not None and not callable(positions):
        advice = "as in SinusoidalPositions(d_model)"
        raise error(where, name, "a module that adds positions, or None", describe(positions), advice)
