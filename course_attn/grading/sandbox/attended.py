"""PyTorch's own attention: the names it goes by, and a note of every call to it while an answer runs.

The text of an answer can hide what it calls; a call cannot hide its name from torch. Beside the answer nothing is safe
from it, so the note is evidence for a flag and no proof that there was no call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch.overrides import TorchFunctionMode

NAMES = {
    "scaled_dot_product_attention",
    "multi_head_attention_forward",
    "MultiheadAttention",
    "Transformer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "flex_attention",
    "varlen_attn",
    "_flash_attention_forward",
    "_efficient_attention_forward",
}
BEGINNINGS = (
    "_scaled_dot_product",
    "_native_multi_head",
    "_transformer_encoder_layer",
    "_triton_scaled_dot",
    "_triton_multi_head",
    "_fused_sdp_choice",
)


def built_in(name: str) -> bool:
    """Whether torch has attention, or a layer that holds it, under this name."""
    return name in NAMES or name.startswith(BEGINNINGS)


class Noted(TorchFunctionMode):
    """While it is entered, calls of torch's own attention are noted by name and go on as they were."""

    def __init__(self) -> None:
        super().__init__()
        self.called: list[str] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function; of `torch.ops` the name is that before the dot."""
        name = str(getattr(func, "__name__", "")).partition(".")[0]
        if built_in(name) and name not in self.called:
            self.called.append(name)
        return func(*args, **(kwargs or {}))
