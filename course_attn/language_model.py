"""A small language model: the Transformer's decoder alone."""

from __future__ import annotations

from torch import Tensor, nn

from course_attn._checks import check_between
from course_attn.cache import KeyValueCache, check_caches, undone_by_errors
from course_attn.transformer import MakeAttention, TokenEmbedding, TransformerEncoder, check_positions


class CausalLanguageModel(nn.Module):
    """A decoder alone: scores for the next token after each place of one sequence.

    Args:
        vocabulary: How many tokens there are.
        d_model: ``D``.
        num_heads: ``h``.
        d_ff: Inner width of the feed-forward networks.
        num_layers: How many blocks.
        positions: As in :class:`~course_attn.transformer.Transformer`; None for none, or if ``make_attention`` has
            them.
        norm: ``"before"`` or ``"after"``.
        dropout: While training.
        make_attention: As in :class:`~course_attn.transformer.TransformerEncoder`.

    Raises:
        ValueError: If a size is not as the parts want it; in ``forward``, if tokens do not fit.

    Source: Radford et al., 2018 (GPT): the decoder of Vaswani et al., 2017, without cross-attention.
    Chapter: The Transformer.
    """

    def __init__(
        self,
        vocabulary: int,
        d_model: int,
        num_heads: int,
        d_ff: int,
        num_layers: int,
        *,
        positions: nn.Module | None,
        norm: str = "before",
        dropout: float = 0.0,
        make_attention: MakeAttention | None = None,
    ):
        super().__init__()
        check_between("CausalLanguageModel", "dropout", dropout, 0.0, 1.0)
        check_positions("CausalLanguageModel", "positions", positions)
        self.embedding = TokenEmbedding(vocabulary, d_model)
        self.positions = positions
        self.dropout = nn.Dropout(dropout)
        self.decoder = TransformerEncoder(
            d_model, num_heads, d_ff, num_layers, norm=norm, dropout=dropout, make_attention=make_attention
        )

    def forward(self, tokens: Tensor, *, caches: list[KeyValueCache] | None = None) -> Tensor:
        """Token numbers ``(B, N)`` to scores ``(B, N, V)``; with caches, only the newest tokens are given."""
        check_caches("CausalLanguageModel", "caches", caches, len(self.decoder.blocks))
        x = self.embedding(tokens)
        if self.positions is not None:
            x = self.positions(x, start=0 if caches is None else caches[0].length)
        with undone_by_errors(*(caches or ())):
            x = self.decoder(self.dropout(x), is_causal=True, caches=caches)
            return self.embedding.scores(x)
