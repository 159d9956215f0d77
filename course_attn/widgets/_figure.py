"""What every figure is: a widget whose text, shown where it cannot be drawn, says what to do."""

from __future__ import annotations

import anywidget


class Figure(anywidget.AnyWidget):
    """Base of the figures. Each says in :meth:`contents` what is in it.

    A notebook stores a figure's ``repr`` beside it. It is all there is to see of one that was stored and not run, on
    GitHub or in JupyterLab, so it tells the reader to run the cell. (It stands in ``repr``, not in the bundle of
    formats: ipywidgets 7, which Colab has, asks for nothing else. Both cut it after 110 characters.)
    """

    def contents(self) -> str:
        """What is in the figure, in a few words."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.contents()}. Run this cell to see the figure."


def counted(count: int, noun: str) -> str:
    """Such as "1 key" and "2 keys"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
