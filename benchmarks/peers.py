"""The way to the peers: their folder, and a stand-in for torchvision."""

from __future__ import annotations

import enum
import os
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

TORCHVISION = [
    "torchvision",
    "torchvision.transforms",
    "torchvision.transforms.functional",
    "torchvision.ops",
    "torchvision.ops.misc",
    "torchvision.models",
    "torchvision.models.feature_extraction",
    "torchvision.datasets",
    "torchvision.datasets.folder",
]


class InterpolationMode(enum.Enum):
    """Of torchvision; timm and transformers ask for these while they are imported."""

    NEAREST, NEAREST_EXACT, BILINEAR, BICUBIC, BOX, HAMMING, LANCZOS = range(7)


def folder() -> Path:
    """Where the peers are: ``$COURSE_ATTN_PEERS``, else beside the course's cached files."""
    given = os.environ.get("COURSE_ATTN_PEERS")
    return Path(given) if given else Path.home() / ".cache" / "course_attn" / "peers"


def use_peers() -> None:
    """Put the peers before everything else on the path (they pin what they need), and torchvision's stand-in in place.

    Raises:
        SystemExit: If the peers are not installed.
    """
    if not (folder() / "timm").is_dir():
        raise SystemExit(f"no peers in {folder()}: run python -m benchmarks.setup")
    if str(folder()) not in sys.path:
        sys.path.insert(0, str(folder()))
    if "torchvision" not in sys.modules:
        _stand_in_for_torchvision()


def _stand_in_for_torchvision() -> None:
    """Empty modules: timm imports torchvision's transforms and datasets, and no model measured here calls any."""

    def unused(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return InterpolationMode if name == "InterpolationMode" else type(name, (), {})

    for name in TORCHVISION:
        module = types.ModuleType(name)
        module.__spec__, module.__path__ = ModuleSpec(name, None), []
        module.__getattr__ = unused  # type: ignore[method-assign]
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
