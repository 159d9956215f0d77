"""A figure to touch: pick a word of a sentence, see which words a trained model's attention mixes into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets
from torch import Tensor

from course_attn._checks import error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure, counted
from course_attn.widgets._values import check_maps, packed

ALL = -1  # "the mean over all layers", or over all heads


class SentenceAttention(Figure):
    """Pick a word; every word of its sentence shows how much of it the picked one takes.

    The maps are computed in Python, once, and carried as one byte a weight; choosing, averaging over layers and
    heads, and leaving out the tokens in square brackets happen in JavaScript, so the figure works without a kernel.

    Args:
        maps: for each sentence its tokens and all weights, ``(layers, h, N, N)``: what
            :meth:`course_attn.pretrained.minilm.MiniLM.attention_maps` returns.
        sentence: the one shown at the start.
        word: the number of the word picked at the start.
        layer: from 0, or -1 for the mean over all layers.
        head: from 0, or -1 for the mean over all heads.
        words_only: leave out tokens in square brackets, and let the other weights sum to 1 again.

    Raises:
        ValueError: a shape or a number does not fit, at the start or when it is set later.

    Chapter: Self-attention.
    """

    _esm = script("sentence_attention")
    _css = style("sentence_attention", "sentence-attention")

    sentences = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    map_bytes = traitlets.List(traitlets.Unicode()).tag(sync=True)  # base64
    num_layers = traitlets.Int().tag(sync=True)
    num_heads = traitlets.Int().tag(sync=True)
    sentence = traitlets.Int(0).tag(sync=True)
    word = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(ALL).tag(sync=True)
    head = traitlets.Int(ALL).tag(sync=True)
    words_only = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        maps: Sequence[tuple[Sequence[str], Tensor]],
        *,
        sentence: int = 0,
        word: int = 0,
        layer: int = ALL,
        head: int = ALL,
        words_only: bool = True,
        **options: Any,
    ) -> None:
        layers, heads = check_maps("SentenceAttention", maps)
        super().__init__(
            sentences=[[str(token) for token in tokens] for tokens, _ in maps],
            map_bytes=[packed(weights) for _, weights in maps],
            num_layers=layers,
            num_heads=heads,
            words_only=words_only,
            **options,
        )
        self.sentence, self.word, self.layer, self.head = sentence, word, layer, head

    def contents(self) -> str:
        parts = ((len(self.sentences), "sentence"), (self.num_layers, "layer"), (self.num_heads, "head"))
        return ", ".join(counted(*part) for part in parts)

    @traitlets.validate("sentence", "word", "layer", "head")
    def _check_choice(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        # A word beyond the end of a shorter sentence is shown as its last one, so any sentence's number will do.
        longest = max(map(len, self.sentences), default=1)
        rooms = {"sentence": len(self.sentences), "word": longest, "layer": self.num_layers, "head": self.num_heads}
        lowest = ALL if name in ("layer", "head") else 0
        if not lowest <= value < rooms[name]:
            raise error("SentenceAttention", name, f"from {lowest} to {rooms[name] - 1}", str(value))
        return int(value)
