"""How long pages take: measured, stored, shown on the status page."""

import json

import pytest

from tools import page_times

STATUS = page_times.STATUS.read_text(encoding="utf-8")
ROW = {
    "seconds": 12.3,
    "processor_seconds": 4.5,
    "cells": 6,
    "load": 0.7,
    "machine": "a machine, 2 cores",
    "torch": "2.13.0",
    "date": "2026-01-02",
    "commit": "abc",
    "seed": 0,
}


def test_the_status_page_shows_what_is_stored():
    assert page_times.with_table(STATUS, page_times.stored()) == STATUS, "run `python -m tools.page_times --table`"


@pytest.mark.slow
def test_every_page_was_measured():
    """Among the slow tests, so that a page just written need not be measured at once."""
    lacking = [name for name in page_times.order() if name not in page_times.stored()]
    assert not lacking, f"run `python -m tools.page_times {' '.join(lacking)}`"


def test_table_has_a_row_for_each_page_and_the_sum():
    lines = page_times.table({"attention": ROW}).splitlines()
    where = "2026-01-02, a machine, 2 cores, PyTorch 2.13.0"
    assert lines[2] == f"| [Attention](attention.ipynb) | 6 | 12.3 | 4.5 | 0.7 | {where} |"
    assert lines[3] == "| Together | 6 | 12.3 | 4.5 | | |"


def test_a_page_without_the_comments_is_refused():
    with pytest.raises(ValueError, match=r"with_table: status\.md must hold the comments"):
        page_times.with_table("nothing", {})


def test_a_run_is_stored_beside_the_earlier_ones(tmp_path, monkeypatch, capsys):
    result, status = tmp_path / "page_times.json", tmp_path / "status.md"
    result.write_text(json.dumps({"pages": {"gone": ROW}}))
    status.write_text(STATUS)
    monkeypatch.setattr(page_times, "RESULT", result)
    monkeypatch.setattr(page_times, "STATUS", status)
    built = json.dumps({"cells": [{"cell_type": "code"}, {"cell_type": "markdown"}]})
    monkeypatch.setattr(page_times, "build", lambda page: built)
    assert page_times.main(["attention"]) == 0
    (name, row), *others = json.loads(result.read_text())["pages"].items()
    assert (name, row["cells"], others) == ("attention", 1, [])
    assert 0 <= row["seconds"] < 60
    assert all(row[what] for what in ("machine", "date", "torch", "commit"))
    assert f"| [Attention](attention.ipynb) | 1 | {row['seconds']} |" in status.read_text()
    assert page_times.main(["no_such_page"]) == 1
    assert "no page no_such_page" in capsys.readouterr().err


def test_a_page_that_fails_changes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page_times, "RESULT", tmp_path / "page_times.json")

    def fail(page):
        raise page_times.CellFailed("cell 3 of 4: it took longer than 300 s")

    monkeypatch.setattr(page_times, "build", fail)
    assert page_times.main(["attention"]) == 1
    assert "cell 3 of 4" in capsys.readouterr().err
    assert not page_times.RESULT.exists()
