"""Every experiment runs (small), and its stored file is what it would store today and says where it came from."""

from __future__ import annotations

import copy
import importlib
import json
from pathlib import Path

import pytest

from course_attn.results import names, stored
from experiments.frame import PARTS, Run, next_run, read_parts
from experiments.schema import unsaid
from experiments.summary import result

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {path.stem: path.read_text() for path in (ROOT / "experiments").glob("[a-z]*.py")}
FRAMED = sorted(name for name, text in PROGRAMS.items() if "\nEXPERIMENT = " in text)
NAMES = sorted(name for name, text in PROGRAMS.items() if "main(__name__, run, SEED)" in text)
STORED = [name for name in names() if stored(name).get("command", "").startswith("python -m experiments.")]

# Nothing is trained and no arm is compared: these time or count, and say where and when.
MEASUREMENTS = {
    "cache_cost": "bytes and seconds of a cache",
    "heads_cost": "seconds of attention with more or fewer heads",
    "image_cost": "seconds of the blocks on images",
    "sequence_time": "seconds of layers on sequences",
    "tag_counts": "counts of tags in a corpus: the baselines of the taggers",
    "bank_senses": "where the vectors of one given model lie, beside the other words of the sentence",
    "its_heads": "where the heads of one given model look, beside the first and the nearest noun",
    "make_heads": "where the heads of one given model look, beside the nearest adjective",
    "minilm_heads": "where the heads of one given model look",
    "frozen_features": "linear classifiers on the tokens of one given model, beside readers without it",
}


def test_every_stored_experiment_has_its_program():
    for name in STORED:
        assert stored(name)["command"].rsplit(".", 1)[-1] in [*NAMES, *FRAMED], f"{name}: its program is not there"


@pytest.mark.parametrize("name", sorted({*STORED} - {*MEASUREMENTS}))
def test_every_stored_experiment_says_what_it_owes_its_reader(name):
    assert unsaid(stored(name)) == []


def test_the_list_names_only_results_that_are_there():
    assert {*MEASUREMENTS} <= {*STORED} - {*FRAMED}


@pytest.mark.parametrize("name", NAMES)
def test_stored_numbers_say_where_they_come_from(name):
    result = stored(name)
    assert result["command"] == f"python -m experiments.{name}"
    for field in ("machine", "torch", "date", "commit", "seed"):
        assert result[field] not in ("", None), field


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_experiment_runs_and_gives_the_entries_that_are_stored(name):
    experiment = importlib.import_module(f"experiments.{name}")
    result = experiment.run(tiny=True)
    about = {"command", "machine", "torch", "date", "commit", "seed"}
    assert set(result) == set(stored(name)) - about
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("name", FRAMED)
def test_a_framed_result_is_what_its_finished_runs_say(name):
    e = importlib.import_module(f"experiments.{name}").EXPERIMENT
    assert e.name == name
    lines = read_parts(e)
    if next_run(e, lines) is not None:
        assert name not in names(), f"{name} is stored, and runs of it are missing"
        pytest.skip(f"runs are missing: python -m experiments.{name} --status")
    assert stored(name) == json.loads(json.dumps(result(e, lines)))


@pytest.mark.parametrize("name", FRAMED)
def test_finished_runs_are_kept_in_whole_lines(name):
    for line in (PARTS / f"{name}.jsonl").read_text().splitlines():
        kept = json.loads(line)
        assert {"settings", "arm", "case", "seed", "steps", "value", "numbers", "seconds", "commit"} <= set(kept)


@pytest.mark.slow
@pytest.mark.parametrize("name", FRAMED)
def test_each_arm_of_a_framed_experiment_runs(name):
    e = importlib.import_module(f"experiments.{name}").EXPERIMENT
    case = next(iter(e.budget))
    for arm, stated in e.everything.items():
        if (arm, case) in e.absent:
            continue
        steps = 2 if stated.scale else 0
        of = e.everything[stated.like or arm].search
        numbers = e.run(Run(arm, case, 0, 1, steps, of[0], False, tiny=True))
        assert e.measure in numbers
        json.dumps(numbers, allow_nan=False)
        if len(of) > 1 and not stated.like:
            numbers = e.run(Run(arm, case, 100, 1, steps, of[0], True, tiny=True))
            assert "validation" in numbers
            assert e.measure not in numbers


COMPLETE = {
    **{name: name for name in ("command", "question", "prediction", "machine", "torch", "date", "commit")},
    "measure": "right",
    "arms": {"ours": "a network"},
    "baselines": {"chance": "a guess"},
    "seeds": {"all": [0, 1, 2]},
    "split": {"train": "a", "validation": "b", "test": "c"},
    "budget": {"all": 10},
    "doubled": {"steps": {"all": 20}, "seeds": {"all": [0, 1]}},
    "chosen": {"how": "on validation"},
    "settings": {"width": 3},
    "numbers": {
        "all": {
            "ours": {"budget": {"right": [0.8, 0.9, 0.7]}, "doubled": {"right": [0.8, 0.9]}},
            "chance": {"budget": {"right": [0.5, 0.5, 0.5]}},
        }
    },
    "differences": {"all": {"ours - chance": {"budget": {"mean": 0.3}}}},
}


def test_a_complete_result_leaves_nothing_unsaid():
    assert unsaid(COMPLETE) == []


@pytest.mark.parametrize("part", sorted(COMPLETE))
def test_a_result_without_a_part_is_found_out(part):
    assert unsaid({name: value for name, value in COMPLETE.items() if name != part}) != []
    assert unsaid(COMPLETE | {part: type(COMPLETE[part])()}) != []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("numbers/all/chance", "all: a baseline beside ours"),
        ("numbers/all/ours", "all: an arm"),
        ("numbers/all/ours/doubled", "all, ours, doubled: 0 of 2 seeds"),
        ("doubled/seeds", "all, ours, doubled: 2 of 1 seeds"),
        ("split/validation", "split: validation"),
        ("chosen/how", "chosen"),
        ("differences/all/ours - chance", "all: ours - chance"),
    ],
)
def test_what_lies_deeper_is_found_out_too(path, found):
    broken = copy.deepcopy(COMPLETE)
    *above, last = path.split("/")
    of = broken
    for name in above:
        of = of[name]
    del of[last]
    assert found in " | ".join(unsaid(broken))


def test_too_few_seeds_are_found_out():
    broken = copy.deepcopy(COMPLETE)
    broken["numbers"]["all"]["ours"]["doubled"]["right"] = [0.8]
    broken["numbers"]["all"]["ours"]["budget"]["right"] = [0.8, 0.9]
    assert "all, ours, doubled: 1 of 2 seeds" in unsaid(broken)
    assert "all, ours, budget: 2 of 3 seeds" in unsaid(broken)
    broken["seeds"]["all"] = [0, 1]
    assert "all: at least 3 seeds" in unsaid(broken)
