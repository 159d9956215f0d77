"""Where to compute."""

from __future__ import annotations

import torch

from course_attn._checks import error


def device(name: str | None = None) -> torch.device:
    """Pick the fastest device present: CUDA, then Apple's MPS, then the CPU.

    Args:
        name: Ask for one by name, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``, instead of picking.

    Returns:
        A ``torch.device`` that exists on this machine.

    Raises:
        ValueError: If the named device is unknown or not present.

    Chapter: Attention.
    """
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        wanted = torch.device(name)
    except (RuntimeError, TypeError):  # an unknown word; no word at all
        raise error("device", "name", "one of 'cpu', 'cuda', 'cuda:N', 'mps'", repr(name)) from None
    present = {
        "cpu": wanted.index in (None, 0),
        "cuda": torch.cuda.is_available() and (wanted.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available() and wanted.index in (None, 0),
    }
    if not present.get(wanted.type, False):
        raise error("device", "name", "a device of this machine", repr(name), f"present: {_present()}")
    return wanted


def _present() -> str:
    names = ["cpu"] + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return ", ".join(names + (["mps"] if torch.backends.mps.is_available() else []))
