"""What the experiments on photos share: the photos, squares cut out of them, a block that does not look, decibels."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn.data import photo
from course_attn.vision.sagan import SaganAttention

GAMMA_FASTER = 3  # the gate of a block starts at 0 and has one number to move


class ItselfOnly(SaganAttention):
    """SAGAN's block with the looking left out: each position mixes its own value alone."""

    def forward(self, features: Tensor, *, return_weights: bool = False) -> Tensor:
        """``(B, C, H, W)``; query and key are there and unused."""
        return features + self.gamma * self.output(self.value(features))


@cache
def halved(names: tuple[str, ...]) -> list[Tensor]:
    """Photos at half their size, ``(3, H, W)`` from 0 to 1."""
    return [F.avg_pool2d(photo(name)[None] / 255, 2)[0] for name in names]


def squares(names: tuple[str, ...], count: int, side: int, generator: torch.Generator) -> Tensor:
    """Random squares out of random photos, ``(count, 3, side, side)``."""
    of, cut = halved(names), []
    for which in torch.randint(len(of), (count,), generator=generator).tolist():
        height, width = of[which].shape[-2:]
        top = int(torch.randint(height - side + 1, (), generator=generator))
        left = int(torch.randint(width - side + 1, (), generator=generator))
        cut.append(of[which][:, top : top + side, left : left + side])
    return torch.stack(cut)


def gates(net: nn.Module) -> list[nn.Parameter]:
    """The one number each block starts with at 0."""
    return [p for name, p in net.named_parameters() if name.endswith("gamma")]


def groups(net: nn.Module, rate: float) -> list[dict[str, Any]]:
    """The optimiser's groups: gates are trained faster, and do not decay."""
    others = [p for name, p in net.named_parameters() if not name.endswith("gamma")]
    own = [{"params": gates(net), "lr": GAMMA_FASTER * rate, "weight_decay": 0.0}] if gates(net) else []
    return [{"params": others, "lr": rate}, *own]


def decibels(squared_error: Tensor) -> float:
    """Peak signal-to-noise ratio of a mean squared error, for values from 0 to 1; at most 100."""
    return float(-10 * torch.log10(squared_error.clamp(min=1e-10)))
