"""The page of results: what the stored numbers give, and no older."""

import json

import pytest

from benchmarks import table


def test_the_page_holds_the_stored_results():
    text = table.PAGE.read_text()
    assert table.page(text) == text, "run python -m benchmarks.table"


@pytest.fixture
def stored(tmp_path, monkeypatch):
    target = {"of": "time", "ours": "mine", "over": ["slow", "fast"], "limit": 0.5, "aim": 0.4, "ratio": 0.55}
    memory = {"of": "memory", "ours": "mine", "over": ["fast"], "limit": 1.05, "aim": None, "ratio": 1.0}
    result = {"machine": "a machine", "torch": "2", "date": "2026-01-01", "targets": [target, memory]}
    result |= {"milliseconds": {"mine": 1.1, "slow": 5.0, "fast": 2.0}, "extra_mib": {"mine": 3.0, "fast": 3.0}}
    (tmp_path / "benchmarks_long.json").write_text(json.dumps({"case": result | {"disagrees": {"fast": 0.25}}}))
    monkeypatch.setattr(table, "RESULTS", tmp_path)
    return target


def test_a_target_stands_beside_the_fastest_rival_and_a_miss_is_said(stored):
    text = table.page(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    assert "| case | time | mine / fast | 1.1 ms against 2 | 0.55 | 0.5 (0.4) | **missed** |" in text
    assert "| case | memory | mine / fast | 3 MiB against 3 | 1 | 1.05 | met |" in text
    assert "differs by 0.25" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert table.page(text) == text


@pytest.mark.parametrize(("ratio", "words"), [(0.51, "**missed**"), (0.5, "met"), (0.4, "met, and the aim")])
def test_the_limit_itself_is_met(stored, ratio, words):
    assert table.verdict(stored | {"ratio": ratio}) == words


def test_without_an_aim_a_target_is_met_or_missed(stored):
    assert table.verdict(stored | {"aim": None, "ratio": 0.1}) == "met"
