"""A figure to touch: one query, a few keys and values, and the mixture that attention makes of them."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from course_attn._checks import describe, error
from course_attn.widgets._code import script, style
from course_attn.widgets._figure import Figure, counted

COLDEST, HOTTEST = 2.0**-4, 2.0**4  # the ends of the temperature slider

# Chosen by hand: what a thing is found by (made or living, stays or moves) is not what it gives (size, loudness).
LABELS = ["cat", "dog", "tree", "house", "bus"]
KEYS = [[1.0, 1.25], [1.5, 0.8], [1.3, -1.1], [-1.3, -1.2], [-1.4, 1.0]]
VALUES = [[-1.3, -0.4], [-0.8, 0.6], [0.5, -1.3], [1.2, -0.8], [1.0, 1.2]]


class SoftLookup(Figure):
    """Drag a query; see scores, weights and output move.

    ``weights = softmax(query · keys / temperature)`` over the keys that may be seen, ``output = weights · values``;
    a query that may see no key gets weights 0 and output 0. All of it is computed in JavaScript, so the figure works
    on a page without a kernel. Temperature √d gives the scaled dot product, 1 the plain one.

    Args:
        keys: (M, 2), what each item is found by.
        values: (M, 2), what each item gives.
        labels: M names.
        query: (2,), where the query starts.
        temperature: from 1/16 to 16; √2 (the scaled dot product) at the start.
        mask: (M,) boolean, True = may be seen.
        key_axes: what the plane of the keys means: names of its left, right, bottom and top; "" for no name.
        value_axes: the same for the plane of the values.

    Raises:
        ValueError: a shape, a length or a number does not fit, at the start or when it is set later.

    Chapter: Attention.
    """

    _esm = script("soft_lookup", "controls")
    _css = style("soft_lookup", "soft-lookup")

    query = traitlets.List(traitlets.Float(), [0.5, 1.1]).tag(sync=True)
    # Not "keys": every ipywidgets widget has a trait of that name, the list of its synchronised traits.
    key_vectors = traitlets.List(traitlets.List(traitlets.Float()), KEYS).tag(sync=True)
    value_vectors = traitlets.List(traitlets.List(traitlets.Float()), VALUES).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode(), LABELS).tag(sync=True)
    temperature = traitlets.Float(math.sqrt(2)).tag(sync=True)
    mask = traitlets.List(traitlets.Bool()).tag(sync=True)
    key_axes = traitlets.List(traitlets.Unicode(), ["made", "living", "stays", "moves"]).tag(sync=True)
    value_axes = traitlets.List(traitlets.Unicode(), ["small", "large", "quiet", "loud"]).tag(sync=True)

    def __init__(
        self,
        keys: Any = None,
        values: Any = None,
        labels: Any = None,
        *,
        query: Any = None,
        temperature: float = math.sqrt(2),
        mask: Any = None,
        key_axes: Any = None,
        value_axes: Any = None,
        **options: Any,
    ) -> None:
        if (keys is None) != (values is None):
            raise error("SoftLookup", "keys and values", "given together", "only one of them")
        own = keys is not None
        state: dict[str, Any] = {
            "key_vectors": _points("keys", keys if own else KEYS),
            "value_vectors": _points("values", values if own else VALUES),
        }
        count = len(state["key_vectors"])
        names = labels if labels is not None else [f"key {j}" for j in range(count)] if own else LABELS
        state["labels"] = [str(name) for name in names]
        state["mask"] = [True] * count if mask is None else _booleans(mask)
        state["query"] = _pair("query", [0.5, 1.1] if query is None else query)
        state["temperature"] = _temperature(temperature)
        for name, given in (("key_axes", key_axes), ("value_axes", value_axes)):
            if given is not None or own:
                state[name] = [str(end) for end in (given if given is not None else [""] * 4)]
        for name in ("value_vectors", "labels", "mask"):
            _require_length(name, state[name], count)
        for name in ("key_axes", "value_axes"):
            _require_length(name, state.get(name, [""] * 4), 4)
        super().__init__(**state, **options)

    def contents(self) -> str:
        return counted(len(self.key_vectors), "key")

    @traitlets.validate("query")
    def _check_query(self, proposal: Any) -> list[float]:
        return _pair("query", proposal["value"])

    @traitlets.validate("temperature")
    def _check_temperature(self, proposal: Any) -> float:
        return _temperature(proposal["value"])

    @traitlets.validate("key_vectors", "value_vectors")
    def _check_points(self, proposal: Any) -> list[list[float]]:
        name = proposal["trait"].name
        return self._as_many_as_keys(name, _points(name, proposal["value"]))

    @traitlets.validate("labels", "mask")
    def _check_lists(self, proposal: Any) -> list[Any]:
        return self._as_many_as_keys(proposal["trait"].name, proposal["value"])

    def _as_many_as_keys(self, name: str, value: list[Any]) -> list[Any]:
        """A change keeps the number of keys, so that no moment has a key without a value."""
        return _require_length(name, value, len(self.key_vectors))


def _points(name: str, value: Any) -> list[list[float]]:
    """(M, 2) numbers from a tensor, an array or lists."""
    rows = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(rows, (list, tuple)) or not rows:
        raise error("SoftLookup", name, "of shape (M, 2), M at least 1", describe(value))
    return [_pair(f"{name}[{j}]", row) for j, row in enumerate(rows)]


def _pair(name: str, value: Any) -> list[float]:
    """Two finite numbers from a tensor, an array or a list."""
    numbers = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(numbers, (list, tuple)) or len(numbers) != 2:
        raise error("SoftLookup", name, "two numbers", describe(value))
    if not all(isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x) for x in numbers):
        raise error("SoftLookup", name, "two finite numbers", describe(value))
    return [float(x) for x in numbers]


def _temperature(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not COLDEST <= value <= HOTTEST:
        raise error("SoftLookup", "temperature", f"from {COLDEST:g} to {HOTTEST:g}", describe(value))
    return float(value)


def _booleans(value: Any) -> list[bool]:
    flags = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(flags, (list, tuple)) or not all(isinstance(flag, bool) for flag in flags):
        raise error("SoftLookup", "mask", "a list of booleans, True = may be seen", describe(value))
    return list(flags)


def _require_length(name: str, value: list[Any], count: int) -> list[Any]:
    if len(value) != count:
        wanted = f"{count} names: left, right, bottom, top" if name.endswith("axes") else f"{count} entries, one a key"
        raise error("SoftLookup", name, wanted, f"{len(value)}")
    return value
