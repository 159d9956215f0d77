"""The frame: what is run, in which order, what survives a kill, what is chosen on what, and what the result says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from experiments import frame
from experiments.frame import Arm, Experiment, Run, append_part, complete, next_run, read_parts, status
from experiments.schema import unsaid
from experiments.summary import paired, result, smallest_seen, table, turned

ABOUT = {"machine": "a machine", "torch": "2.0", "date": "2026-11-30", "commit": "abc"}
SPREAD = {0: 0.0, 1: 0.01, 2: -0.01}
BEST_RATE = {"ours": 0.1, "theirs": 1.0, "counting": 0.0}


def numbers(run: Run) -> dict[str, float]:
    """A pretended training: each arm has a rate that is best for it."""
    loss = abs(run.value - BEST_RATE.get(run.arm, 0.1))
    gain = {"ours": 0.8, "theirs": 0.7, "longer": 0.85}.get(run.arm, 0.5) + run.times / 100
    right = gain - loss / 100 + SPREAD.get(run.seed, 0) * (run.arm == "ours")
    return {"validation": right} if run.search else {"right": right, "validation": right}


def experiment(**changes) -> Experiment:
    return replace(
        Experiment(
            name="toy",
            question="Which?",
            prediction="Ours.",
            arms={
                "ours": Arm("ours", (0.1, 1.0, 10.0)),
                "theirs": Arm("theirs", (0.1, 1.0, 10.0)),
                "longer": Arm("ours for longer", (0.1, 1.0, 10.0), like="ours", scale=1.5),
            },
            baselines={"counting": Arm("count", scale=0, once=("few", "many"))},
            seeds=(0, 1, 2),
            split={"train": "a", "validation": "b", "test": "c"},
            budget={"few": 10, "many": 20},
            unit="step",
            measure="right",
            run=numbers,
            settings={"width": 3},
        ),
        **changes,
    )


def everything(e: Experiment) -> list[dict]:
    lines: list[dict] = []
    while (run := next_run(e, lines)) is not None:
        lines.append(frame.perform(e, run, ABOUT))
    return lines


def test_a_first_table_is_there_before_anything_is_doubled_and_a_second_seed_comes_last():
    final = [x for x in everything(experiment()) if not x["search"]]
    assert [(x["seed"], x["times"]) for x in final if x["arm"] == "ours" and x["case"] == "few"] == [
        (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2),
    ]  # fmt: skip
    cells = [(x["case"], x["arm"]) for x in final[:8]]
    assert cells == [(case, arm) for case in ("few", "many") for arm in ("counting", "ours", "theirs", "longer")]


def test_doubling_may_be_left_to_the_first_seeds_and_the_result_says_which():
    e = experiment(doubled=1)
    lines = everything(e)
    assert {(x["seed"], x["times"]) for x in lines if not x["search"]} == {(0, 1), (0, 2), (1, 1), (2, 1)}
    made = result(e, lines)
    assert made["doubled"]["seeds"] == {"few": [0], "many": [0]}
    assert [len(own["right"]) for own in made["numbers"]["few"]["ours"].values()] == [3, 1]
    assert len(made["differences"]["few"]["ours - theirs"]["doubled"]["each"]) == 1
    assert unsaid(made) == []


def test_budgets_scales_and_what_the_seed_does_not_change():
    final = [x for x in everything(experiment()) if not x["search"]]
    steps = {(x["arm"], x["case"], x["times"]): x["steps"] for x in final}
    assert steps["ours", "few", 1] == 10
    assert steps["ours", "many", 2] == 40
    assert steps["longer", "many", 1] == 30
    assert steps["longer", "many", 2] == 60
    counted = [x for x in final if x["arm"] == "counting"]
    assert [(x["case"], x["seed"], x["times"]) for x in counted] == [("few", 0, 1), ("many", 0, 1)]


def test_each_arm_takes_the_rate_that_is_best_on_validation_and_a_search_goes_beyond_its_edge():
    lines = everything(experiment())
    tried = {arm: [x["value"] for x in lines if x["search"] and x["case"] == "few" and x["arm"] == arm] for arm in
             ("ours", "theirs", "longer", "counting")}  # fmt: skip
    assert tried == {"ours": [0.1, 1.0, 10.0, 0.01], "theirs": [0.1, 1.0, 10.0], "longer": [], "counting": []}
    taken = {x["arm"]: x["value"] for x in lines if not x["search"]}
    assert taken == {"ours": 0.1, "theirs": 1.0, "longer": 0.1, "counting": 0.0}
    assert {x["seed"] for x in lines if x["search"]} == {frame.SEARCH_SEED}


def test_an_arm_that_takes_the_rate_of_another_may_stand_before_it():
    arms = experiment().arms
    e = experiment(arms={"longer": arms["longer"], "ours": arms["ours"]})
    assert unsaid(result(e, everything(e))) == []
    assert {x["arm"] for x in everything(e) if x["search"]} == {"ours"}


def test_a_search_ends_after_two_values_beyond_the_edge():
    def always_smaller(run: Run) -> dict[str, float]:
        return {"validation": -run.value} | ({} if run.search else {"right": 0.0})

    lines = everything(experiment(run=always_smaller))
    ours = [x["value"] for x in lines if x["search"] and (x["arm"], x["case"]) == ("ours", "few")]
    assert ours == [0.1, 1.0, 10.0, 0.01, 0.001]


def test_where_lower_is_better_the_lowest_is_taken():
    lines = everything(experiment(run=lambda run: {k: -v for k, v in numbers(run).items()}, lower_is_better=True))
    assert {x["arm"]: x["value"] for x in lines if not x["search"]}["theirs"] == 1.0


def test_of_values_that_are_equally_good_the_smallest_or_the_middle_one_is_taken():
    def all_right(run: Run) -> dict[str, float]:
        return {"validation": 1.0} | ({} if run.search else {"right": 1.0})

    for of_equals, wanted in (("smallest", 0.001), ("middle", 1.0)):
        lines = everything(experiment(run=all_right, of_equals=of_equals))
        assert {x["value"] for x in lines if not x["search"] and x["arm"] == "ours"} == {wanted}


def test_a_search_with_several_seeds_takes_the_best_mean_so_that_luck_at_one_seed_is_not_enough():
    def lucky(run: Run) -> dict[str, float]:
        luck = 5.0 if (run.value, run.seed) == (10.0, frame.SEARCH_SEED) else -abs(run.value - 1)
        return {"validation": luck} | ({} if run.search else {"right": 0.0})

    taken_by = {}
    for seeds in ((100,), (100, 101, 102)):
        lines = everything(experiment(run=lucky, search_seeds=seeds))
        taken_by[seeds] = {x["value"] for x in lines if not x["search"] and x["arm"] == "ours"}
        tried = [(x["value"], x["seed"]) for x in lines if x["search"] and x["arm"] == "ours" and x["case"] == "few"]
        assert tried[: len(seeds)] == [(0.1, seed) for seed in seeds]
    assert taken_by == {(100,): {10.0}, (100, 101, 102): {1.0}}


def test_a_search_that_looks_at_the_test_split_is_stopped():
    with pytest.raises(RuntimeError, match="a run of the search reports validation and never right"):
        everything(experiment(run=lambda run: {"validation": 0.0, "right": 0.0}))
    with pytest.raises(RuntimeError, match="a run must report right"):
        everything(experiment(run=lambda run: {"validation": 0.0}))


def test_a_run_that_was_killed_is_the_only_one_that_is_run_again(tmp_path):
    seen: list[tuple] = []

    def killed_at_the_twelfth(run: Run) -> dict[str, float]:
        seen.append(run.key)
        if len(seen) == 12:
            raise KeyboardInterrupt
        return numbers(run)

    e = experiment(run=killed_at_the_twelfth)
    with pytest.raises(KeyboardInterrupt):
        complete(e, ABOUT, tmp_path)
    assert len(read_parts(e, tmp_path)) == 11
    lines = complete(e, ABOUT, tmp_path)
    assert seen[11] == seen[12]
    assert len(seen) == len(set(seen)) + 1
    assert next_run(e, lines) is None
    assert read_parts(e, tmp_path) == lines


def test_a_line_cut_short_is_left_out_and_spoils_no_other(tmp_path):
    e = experiment()
    first, second = everything(e)[:2]
    append_part(e, first, tmp_path)
    path = tmp_path / "toy.jsonl"
    path.write_text(path.read_text() + json.dumps(second)[:30])
    assert read_parts(e, tmp_path) == [first]
    append_part(e, second, tmp_path)
    assert read_parts(e, tmp_path) == [first, second]


def test_runs_made_with_other_settings_do_not_count(tmp_path):
    e = experiment()
    append_part(e, everything(e)[0], tmp_path)
    assert len(read_parts(e, tmp_path)) == 1
    assert read_parts(replace(e, settings={"width": 4}), tmp_path) == []


def test_runs_with_a_budget_or_a_value_given_up_since_do_not_count():
    def longer_is_better(run: Run) -> dict[str, float]:
        return numbers(run) | ({} if run.search else {"right": run.steps})

    e = experiment(run=longer_is_better)
    old = everything(replace(e, budget={"few": 7, "many": 20}))
    assert next_run(e, old).search  # the search of "few" is another one with twice the budget
    lines = list(old)
    while (run := next_run(e, lines)) is not None:
        lines.append(frame.perform(e, run, ABOUT))
    assert result(e, lines[::-1])["numbers"] == result(e, everything(e))["numbers"]  # in whatever order they stand
    late = next(x for x in lines if x["search"] and (x["arm"], x["case"]) == ("theirs", "many"))
    late = late | {"value": 3.0, "numbers": {"validation": 1e6}}  # a value tried afterwards, and better
    assert next_run(e, [*lines, late]).value == 3.0
    assert "theirs" not in result(e, [*lines, late])["numbers"]["many"]


def test_every_stored_run_says_where_it_was_made(tmp_path):
    for line in complete(experiment(), ABOUT, tmp_path):
        assert {name: line[name] for name in ABOUT} == ABOUT
        assert line["seconds"] >= 0


def test_status_counts_what_is_missing_and_how_long_it_takes():
    e = experiment()
    lines = everything(e)
    assert status(e, []) == "toy: 0 runs done, 50 missing: about 0 minutes and 50 of unknown length"
    slow = [x | {"seconds": 60.0 * x["steps"]} for x in lines]
    assert status(e, slow) == f"toy: {len(lines)} runs done, 0 missing: about 0 minutes"
    # The last run is "longer" on "many", doubled: 60 steps of a minute.
    assert status(e, slow[:-1]) == f"toy: {len(lines) - 1} runs done, 1 missing: about 60 minutes"


def test_arms_that_are_absent_and_cases_with_further_seeds():
    e = experiment(absent=frozenset({("theirs", "many")}), close={"few": (3, 4)})
    lines = everything(e)
    assert not [x for x in lines if (x["arm"], x["case"]) == ("theirs", "many")]
    seeds = {case: {x["seed"] for x in lines if x["case"] == case and not x["search"]} for case in e.budget}
    assert seeds == {"few": {0, 1, 2, 3, 4}, "many": {0, 1, 2}}
    assert unsaid(result(e, lines)) == []


def test_paired_differences_by_hand():
    # 1, 2, 3: mean 2, spread 1; t at 2 degrees of freedom 4.303 and 1.061, over the root of 3.
    found = paired([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    assert found == {"each": [1, 2, 3], "mean": 2, "spread": 1, "smallest_seen": pytest.approx(3.0969, abs=1e-4)}
    assert smallest_seen([0.0, 1.0] * 50) == pytest.approx(2.802 * 0.50252 / 10, abs=1e-4)
    assert paired([1.0], [0.5])["smallest_seen"] is None  # one seed shows no difference at all


def test_the_result_says_everything_and_its_numbers_are_those_of_the_runs():
    made = result(experiment(), everything(experiment()))
    assert unsaid(made) == []
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["numbers"]["few"]["ours"]["budget"]["right"] == pytest.approx([0.81, 0.82, 0.80])
    assert made["numbers"]["few"]["counting"]["budget"]["right"] == pytest.approx([0.509] * 3, abs=1e-2)
    difference = made["differences"]["many"]["ours - theirs"]["doubled"]
    assert difference["each"] == pytest.approx([0.1, 0.11, 0.09])
    assert difference["spread"] == pytest.approx(0.01)
    assert made["chosen"]["few"]["ours"]["taken"] == 0.1
    assert made["chosen"]["few"]["longer"] == made["chosen"]["few"]["ours"]
    assert made["doubled"]["orders_turned"] == {"few": [], "many": []}
    assert made["commit"] == "abc"


def test_learning_curves_stand_in_columns():
    e = experiment(
        run=lambda run: numbers(run) | ({} if run.search else {"curve": [{"step": 1, "loss": run.times}] * 2})
    )
    made = result(e, everything(e))["numbers"]["few"]["ours"]
    assert made["doubled"]["curve"] == [{"step": [1, 1], "loss": [2, 2]}] * 3  # seed by seed


def test_an_order_that_doubling_turns_round_is_named():
    def late(run: Run) -> dict[str, float]:
        return numbers(run) | ({"right": 0.9} if run.arm == "theirs" and run.times == 2 else {})

    made = result(experiment(run=late), everything(experiment(run=late)))
    assert made["doubled"]["orders_turned"]["few"] == ["ours - theirs", "theirs - longer"]
    assert turned({"a - b": {"budget": {"mean": 1.0, "smallest_seen": 0.1}}}) == []


def test_an_order_that_nobody_could_have_seen_is_none():
    noise = {"budget": {"mean": 0.1, "smallest_seen": 0.2}, "doubled": {"mean": -0.1, "smallest_seen": 0.2}}
    assert turned({"a - b": noise}) == []
    noise["doubled"]["mean"] = -0.2
    assert turned({"a - b": noise}) == ["a - b"]


def test_the_table_shows_what_is_known_so_far():
    lines = everything(experiment())
    assert table(experiment(), []) == ""
    first = table(experiment(), [x for x in lines if x["search"] or (x["times"] == 1 and x["seed"] == 0)])
    assert "few  ours                         budget 0.8100 (1)" in first
    assert "doubled 0.8200 ± 0.0100 (3)" in table(experiment(), lines)
