"""How contenders are compared; the clock is a counter here, nothing is timed."""

import pytest
import torch

from benchmarks import harness
from benchmarks.harness import Case, Target
from course_attn import _paths


@pytest.fixture
def machine(monkeypatch):
    """A clock that the contenders turn on themselves."""
    state = {"now": 0.0, "order": []}

    def contender(name, seconds):
        def call():
            state["now"] += seconds
            state["order"].append(name)
            return torch.ones(2)

        return call

    monkeypatch.setattr(harness.time, "process_time", lambda: state["now"])
    return state, contender


def test_contenders_take_turns_from_another_start_each_round(machine):
    state, contender = machine
    calls = {name: contender(name, 1.0) for name in ("a", "b", "c")}
    samples = harness.interleave(calls, 3, harness.time.process_time)
    assert state["order"][6:] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert samples == {"a": [1.0] * 3, "b": [1.0] * 3, "c": [1.0] * 3}


def test_quick_calls_are_repeated_until_a_sample_is_long_enough(machine):
    state, contender = machine
    harness.interleave({"a": contender("a", harness.SECONDS_A_SAMPLE / 8)}, 2, harness.time.process_time)
    assert len(state["order"]) == 2 + 2 * 8


def test_ours_is_divided_by_the_fastest_rival(machine):
    _, contender = machine
    calls = {harness.OURS: contender("x", 1.0), "fast": contender("f", 2.0), "slow": contender("s", 8.0)}
    targets = [Target(["slow", "fast"], 0.6), Target(["slow"], 0.1), Target(["fast"], 0.0, of="added ms")]
    result = harness.measure(Case("case", lambda: calls, targets), 3)
    assert result["milliseconds"] == {harness.OURS: 1000.0, "fast": 2000.0, "slow": 8000.0}
    assert [target["ratio"] for target in result["targets"]] == [0.5, 0.125, -1000.0]
    assert "disagrees" not in result


def test_a_rival_that_computes_something_else_is_reported():
    calls = {harness.OURS: lambda: torch.tensor([1.0, 4.0]), "wrong": lambda: (torch.tensor([2.0, 4.0]),)}
    assert harness.disagreements(Case("", dict, tolerance=0.2), calls) == {"wrong": 0.25}
    assert harness.disagreements(Case("", dict, tolerance=0.3), calls) == {}
    assert harness.disagreements(Case("", dict, tolerance=None), calls) == {}
    assert harness.disagreements(Case("", dict, tolerance=0.0, same=[]), calls) == {}
    assert harness.disagreements(Case("", dict, tolerance=0.0, seen=lambda result: torch.ones(1)), calls) == {}


def test_nan_is_a_difference():
    calls = {harness.OURS: lambda: torch.ones(1), "nan": lambda: torch.full((1,), torch.nan)}
    assert "nan" in harness.disagreements(Case("", dict), calls)


def test_default_linears_for_one_call_only():
    before = _paths._slow_default_matmul
    assert harness.default_linears(lambda: _paths._slow_default_matmul())() is False
    assert _paths._slow_default_matmul is before


def test_three_significant_figures():
    assert [harness.significant(x) for x in (1234.5, 0.98765, 0.0)] == [1230.0, 0.988, 0.0]
