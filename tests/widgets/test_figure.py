"""What stands in place of a figure that cannot be drawn: its text says what to do, and is whole."""

import pytest
from figures import MAKERS

from course_attn.widgets._figure import Figure, counted

CUT = 110  # ipywidgets and older versions of anywidget keep no more of a widget's text


@pytest.mark.parametrize("name", MAKERS)
def test_the_stored_text_says_what_to_do(name):
    figure = MAKERS[name]()
    assert isinstance(figure, Figure)
    data, _ = figure._repr_mimebundle_()
    assert data["text/plain"] == f"{type(figure).__name__}: {figure.contents()}. Run this cell to see the figure."
    assert len(data["text/plain"]) <= CUT
    assert "application/vnd.jupyter.widget-view+json" in data, "where it can be drawn, it is"


def test_a_figure_that_does_not_say_what_is_in_it():
    with pytest.raises(NotImplementedError):
        repr(Figure())


def test_counted():
    assert [counted(count, "key") for count in (0, 1, 2)] == ["0 keys", "1 key", "2 keys"]
