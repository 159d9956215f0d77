"""How a misuse reads, in the whole package. Standard library only: a wrong name is told where torch is lacking too."""

from __future__ import annotations


def error(where: str, name: str, wanted: str, got: str, advice: str = "") -> ValueError:
    """Return (not raise) the ``ValueError`` that all of the package's checks raise."""
    text = f"{where}: {name} must be {wanted}, got {got}"
    return ValueError(f"{text} ({advice})" if advice else text)
