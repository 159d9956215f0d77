"""A figure to touch: all heads of a trained model on a few sentences, to be looked at one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import traitlets
from torch import Tensor

from course_attn._checks import describe, error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure, counted
from course_attn.widgets._values import check_maps, packed


class HeadBrowser(Figure):
    """Choose a sentence, a head of a layer and a word; see where the word looks.

    The maps are computed in Python, once, and carried as one byte a weight; everything else happens in JavaScript, so
    the figure works on a page without a kernel.

    Args:
        maps: for each sentence its tokens and all weights, ``(layers, h, N, N)``: what
            :meth:`course_attn.pretrained.minilm.MiniLM.attention_maps` returns.
        kinds: name of a kind of head → where its attention goes, in words: ``{"previous": "the token before"}``.
            The last one is the kind of heads that are of no other; its words are not used.
        classes: for each layer, each head's kind.
        shares: (layers, h), how much of each head's attention goes where its kind says, from 0 to 1.
        sentence: the one shown at the start.
        layer: likewise, counted from 0; shown counted from 1.
        head: likewise.
        query: the word whose row is picked out at the start.

    Raises:
        ValueError: a shape, a name or a number does not fit, at the start or when it is set later.

    Chapter: Multi-head attention.
    """

    _esm = script("head_browser")
    _css = style("head_browser", "head-browser")

    tokens = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    map_bytes = traitlets.List(traitlets.Unicode()).tag(sync=True)  # base64
    num_layers = traitlets.Int().tag(sync=True)
    num_heads = traitlets.Int().tag(sync=True)
    kinds = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    classes = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)
    shares = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    sentence = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        maps: Sequence[tuple[Sequence[str], Tensor]],
        kinds: Mapping[str, str],
        classes: Sequence[Sequence[str]],
        shares: Any,
        *,
        sentence: int = 0,
        layer: int = 0,
        head: int = 0,
        query: int = 0,
        **options: Any,
    ) -> None:
        layers, heads = check_maps("HeadBrowser", maps)
        if not kinds:
            raise error("HeadBrowser", "kinds", "at least one name", "none")
        names = list(kinds)
        table = torch.as_tensor(shares, dtype=torch.float64)
        if table.shape != (layers, heads) or not bool(((table >= 0) & (table <= 1)).all()):
            raise error("HeadBrowser", "shares", f"of shape ({layers}, {heads}), from 0 to 1", describe(shares))
        state = {
            "tokens": [[str(token) for token in tokens] for tokens, _ in maps],
            "map_bytes": [packed(weights) for _, weights in maps],
            "num_layers": layers,
            "num_heads": heads,
            "kinds": [[name, words] for name, words in kinds.items()],
            "classes": _numbered(classes, names, layers, heads),
            "shares": [[round(share, 4) for share in row] for row in table.tolist()],
        }
        super().__init__(**state, **options)
        self.sentence, self.layer, self.head, self.query = sentence, layer, head, query

    def contents(self) -> str:
        parts = ((self.num_layers, "layer"), (self.num_heads, "head"), (len(self.tokens), "sentence"))
        return ", ".join(counted(*part) for part in parts)

    @traitlets.validate("sentence", "layer", "head", "query")
    def _check_choice(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        room = {"sentence": len(self.tokens), "layer": self.num_layers, "head": self.num_heads}
        # A query beyond the end of a shorter sentence is shown as its last word, so any word's number will do.
        count = room.get(name, max(map(len, self.tokens), default=1))
        if not 0 <= value < count:
            raise error("HeadBrowser", name, f"from 0 to {count - 1}", str(value))
        return int(value)


def _numbered(classes: Sequence[Sequence[str]], names: list[str], layers: int, heads: int) -> list[list[int]]:
    """Names of kinds as their numbers, ``(layers, h)``."""
    if len(classes) != layers or any(len(row) != heads for row in classes):
        got = f"{len(classes)} rows of {len(classes[0]) if classes else 0}"
        raise error("HeadBrowser", "classes", f"{layers} rows of {heads} names", got)
    for name in (name for row in classes for name in row):
        if name not in names:
            raise error("HeadBrowser", "classes", f"names out of {', '.join(names)}", repr(name))
    return [[names.index(name) for name in row] for row in classes]
