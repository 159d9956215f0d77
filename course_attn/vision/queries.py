"""Learned queries over an image: a fixed number of questions, each answered by looking at every patch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import check_axes, check_count
from course_attn.blocks import FeedForward, Residual
from course_attn.multi_head import MultiHeadAttention


class LearnedQueries(nn.Module):
    """DETR's idea: questions that belong to the model, not to the image, look at the image.

    In each layer the queries look at each other (so that two need not answer the same), then at the image, then a
    feed-forward network works on each. All of them at once, no order among them.

    Args:
        num_queries: ``Q``.
        d_model: ``D``, of queries and image tokens.
        num_heads: ``h``.
        num_layers: How often they look.
        d_ff: Width of the feed-forward layers.
        dropout: Probability, while training.

    Raises:
        ValueError: If a size is not a positive whole number or does not divide; in ``forward``, if the tokens are of
            another width.

    Source: Carion et al., 2020, section 3.2, arXiv 2005.12872. Its decoder adds positions to the keys of every layer;
        here the image tokens bring them.
    Chapter: Vision transformer.
    """

    def __init__(
        self, num_queries: int, d_model: int, num_heads: int, num_layers: int, d_ff: int, dropout: float = 0.0
    ):
        super().__init__()
        check_count("LearnedQueries", "num_queries", num_queries)
        check_count("LearnedQueries", "num_layers", num_layers)
        check_count("LearnedQueries", "d_model", d_model)
        self.d_model = d_model
        # Of the tokens' own size: queries that start alike would stay alike.
        self.queries = nn.Parameter(torch.randn(num_queries, d_model))
        self.layers = nn.ModuleList(QueryBlock(d_model, num_heads, d_ff, dropout) for _ in range(num_layers))
        self.norm = nn.LayerNorm(d_model)

    def forward(self, tokens: Tensor, return_weights: bool = False) -> Tensor | tuple[Tensor, list[Tensor]]:
        """Look at an image.

        Args:
            tokens: ``(B, M, D)``, patches of the image or rows of a feature map, their positions added.
            return_weights: Also return where each query looks.

        Returns:
            Answers ``(B, Q, D)``; with weights, a pair with one ``(B, h, Q, M)`` for each layer.
        """
        check_axes("LearnedQueries", "tokens", tokens, "B", "M", self.d_model, like=self.queries)
        answers = self.queries.expand(tokens.shape[0], -1, -1)  # (B, Q, D)
        maps = []
        for layer in self.layers:
            answers, weights = layer(answers, tokens, return_weights)
            maps.append(weights)
        answers = self.norm(answers)
        return (answers, maps) if return_weights else answers


class QueryBlock(nn.Module):
    """One layer of :class:`LearnedQueries`; arguments as there."""

    def __init__(self, d_model: int, num_heads: int, d_ff: int, dropout: float = 0.0):
        super().__init__()
        self.attention = MultiHeadAttention(d_model, num_heads, dropout=dropout)
        self.cross_attention = MultiHeadAttention(d_model, num_heads, d_context=d_model, dropout=dropout)
        self.feed_forward = FeedForward(d_model, d_ff, F.relu, dropout)
        self.around_attention = Residual(d_model, "before", dropout)
        self.around_cross_attention = Residual(d_model, "before", dropout)
        self.around_feed_forward = Residual(d_model, "before", dropout)

    def forward(self, queries: Tensor, tokens: Tensor, return_weights: bool) -> tuple[Tensor, Tensor | None]:
        """Return the queries ``(B, Q, D)`` and, if asked for, their weights ``(B, h, Q, M)`` over the tokens."""
        maps: list[Tensor] = []

        def look(y: Tensor) -> Tensor:
            if not return_weights:
                return self.cross_attention(y, tokens)
            output, weights = self.cross_attention(y, tokens, return_weights=True)
            maps.append(weights)
            return output

        queries = self.around_attention(queries, self.attention)
        queries = self.around_cross_attention(queries, look)
        return self.around_feed_forward(queries, self.feed_forward), maps[0] if maps else None
