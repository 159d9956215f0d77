"""The frame every trained experiment stands in: what is asked, beside what, and how it is run and stored.

An experiment states its question, its prediction, its arms and its baselines, and gives one function that trains and
measures one run. The frame does the rest: it chooses each arm's rate by the same small search on the validation split,
runs every arm with every seed and then with the budget doubled, appends each finished run at once to
``experiments/parts/NAME.jsonl`` and, when none is missing, writes ``course_attn/results/NAME.json``.

    python -m experiments.NAME             runs, or goes on where it stopped
    python -m experiments.NAME --status    says what is missing and about how long it takes
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.record import ROOT, provenance, store
from experiments.summary import summary

PARTS = ROOT / "experiments" / "parts"
SEARCH_SEED = 100  # none of the seeds that count
EXTENSIONS = 2  # how often a search whose best value lies at an edge goes on beyond it

Line = dict[str, Any]


@dataclass(frozen=True)
class Arm:
    """One thing that is compared, or one baseline.

    Args:
        what: In words.
        search: Values (rates, penalties) to choose from on the validation split; one value is taken as it is.
        like: The arm whose chosen value this one takes instead of a search of its own.
        scale: Times the budget that it gets; 0 if it is not trained in steps, so that nothing can be doubled.
        once: Cases in which the seed changes nothing.
    """

    what: str
    search: tuple[float, ...] = (0.0,)
    like: str = ""
    scale: float = 1.0
    once: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run: ``steps`` of training with one value of what is searched. ``tiny``: only see whether it works."""

    arm: str
    case: str
    seed: int
    times: int  # 1 or 2: the budget or the doubled budget
    steps: int
    value: float
    search: bool  # a run of the search: it must not look at the test split
    tiny: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this run from every other."""
        return (self.arm, self.case, self.seed, self.steps, self.value, self.search)


@dataclass(frozen=True)
class Experiment:
    """What an experiment owes its reader; the words of the fields stand in the result."""

    name: str
    question: str
    prediction: str
    arms: dict[str, Arm]
    baselines: dict[str, Arm]  # the trivial answer first, then the classical ones
    seeds: tuple[int, ...]
    split: dict[str, str]  # train, validation, test
    budget: dict[str, int]  # case -> steps
    unit: str  # what a step is
    measure: str  # the entry of the numbers that is compared
    run: Callable[[Run], Line]  # the numbers of one run; with search, at least "validation"
    settings: dict[str, Any]  # whatever else would change the numbers; stored runs with others do not count
    lower_is_better: bool = False
    absent: frozenset[tuple[str, str]] = field(default=frozenset())  # (arm, case) that is not run

    @property
    def everything(self) -> dict[str, Arm]:
        """Baselines, then arms."""
        return self.baselines | self.arms

    @property
    def digest(self) -> str:
        """Changes when the settings do."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:8]

    def pairs(self, seed: int) -> Iterator[tuple[str, str, int, int]]:
        """Case, arm, times and the seed it is run with, in the order of running: a whole table of one seed first."""
        for times in (1, 2):
            for case in self.budget:
                for name, arm in self.everything.items():
                    if (name, case) not in self.absent and (times == 1 or arm.scale):
                        yield case, name, times, self.seeds[0] if case in arm.once else seed


def tried(e: Experiment, lines: list[Line], case: str, name: str) -> dict[float, float]:
    """Values of the search that were tried, each with what it gave on the validation split."""
    name = e.everything[name].like or name
    found = [x for x in lines if x["search"] and (x["arm"], x["case"]) == (name, case)]
    return {x["value"]: x["numbers"]["validation"] for x in sorted(found, key=lambda x: x["value"])}


def best(e: Experiment, seen: dict[float, float]) -> float:
    """The best value of a search."""
    return (min if e.lower_is_better else max)(seen, key=lambda value: seen[value])


def still_to_try(e: Experiment, lines: list[Line], case: str, name: str) -> list[float]:
    """Values that the search has yet to try: those stated, then beyond an edge at which the best one lies."""
    stated = sorted(e.everything[e.everything[name].like or name].search)
    if len(stated) == 1:
        return []
    seen = tried(e, lines, case, name)
    missing = [value for value in stated if value not in seen]
    if missing or len(seen) >= len(stated) + EXTENSIONS:
        return missing
    values = sorted(seen)
    step = values[1] / values[0]
    beyond = {values[0]: values[0] / step, values[-1]: values[-1] * step}.get(best(e, seen))
    return [] if beyond is None else [float(f"{beyond:.2g}")]


def next_run(e: Experiment, lines: list[Line]) -> Run | None:
    """The first run that is missing."""
    done = {(x["arm"], x["case"], x["seed"], x["steps"], x["value"], x["search"]) for x in lines}
    for seed in e.seeds:
        for case, name, times, own_seed in e.pairs(seed):
            arm, searched = e.everything[name], e.everything[name].like or name
            steps = round(e.budget[case] * arm.scale)
            for value in still_to_try(e, lines, case, name):
                scale = e.everything[searched].scale
                return Run(searched, case, SEARCH_SEED, 1, round(e.budget[case] * scale), value, True)
            stated = e.everything[searched].search
            value = stated[0] if len(stated) == 1 else best(e, tried(e, lines, case, name))
            run = Run(name, case, own_seed, times, steps * times, value, False)
            if run.key not in done:
                return run
    return None


def perform(e: Experiment, run: Run, about: Line) -> Line:
    """Do one run; what is stored of it."""
    start = time.perf_counter()
    numbers = e.run(run)
    if run.search and ("validation" not in numbers or e.measure in numbers):
        raise RuntimeError(f"{e.name}: a run of the search reports validation and never {e.measure}: {set(numbers)}")
    if not run.search and e.measure not in numbers:
        raise RuntimeError(f"{e.name}: a run must report {e.measure}, got {set(numbers)}")
    own = {k: getattr(run, k) for k in ("arm", "case", "seed", "times", "steps", "value", "search")}
    seconds = round(time.perf_counter() - start, 1)
    return {"settings": e.digest} | own | {"numbers": numbers, "seconds": seconds} | about


def read_parts(e: Experiment, folder: Path = PARTS) -> list[Line]:
    """The finished runs that were made with the settings of now; a line cut short by a kill does not count."""
    path, lines = folder / f"{e.name}.jsonl", []
    for text in path.read_text().splitlines() if path.exists() else []:
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return [line for line in lines if line["settings"] == e.digest]


def append_part(e: Experiment, line: Line, folder: Path = PARTS) -> None:
    """Add one finished run; a line that was cut short stays a line of its own."""
    path = folder / f"{e.name}.jsonl"
    whole = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
    with path.open("a") as stream:
        stream.write(("" if whole else "\n") + json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")


def status(e: Experiment, lines: list[Line]) -> str:
    """How many runs are done and missing, and about how long those take, by the clock of those that are done."""
    rate: dict[str, float] = {x["arm"]: x["seconds"] / max(x["steps"], 1) for x in lines}
    rate |= {x["arm"] + x["case"]: x["seconds"] / max(x["steps"], 1) for x in lines}
    pretend, missing, seconds, unknown = list(lines), 0, 0.0, 0
    while (run := next_run(e, pretend)) is not None:
        took = rate.get(run.arm + run.case, rate.get(run.arm))
        missing, unknown = missing + 1, unknown + (took is None)
        seconds += (took or 0) * max(run.steps, 1)
        worst = 1e9 if e.lower_is_better else -1e9  # a search is taken to end with what it has still to try
        pretend.append({**vars(run), "numbers": {"validation": worst}})
    known = f"about {seconds / 60:.0f} minutes" + (f" and {unknown} of unknown length" if unknown else "")
    return f"{e.name}: {len(lines)} runs done, {missing} missing: {known}"


def result(e: Experiment, lines: list[Line]) -> Line:
    """The result file, from the finished runs."""
    chosen = {
        case: {
            name: {"tried": {f"{k:g}": v for k, v in seen.items()}, "taken": best(e, seen)}
            for name in e.everything
            if (seen := tried(e, lines, case, name))
        }
        for case in e.budget
    }
    how = f"the best on the validation split with seed {SEARCH_SEED} at the budget, the same search for every arm"
    last = max(lines, key=lambda x: x["date"])
    return {
        "command": f"python -m experiments.{e.name}",
        "question": e.question,
        "prediction": e.prediction,
        "arms": {name: arm.what for name, arm in e.arms.items()},
        "baselines": {name: arm.what for name, arm in e.baselines.items()},
        "seeds": list(e.seeds),
        "split": e.split,
        "budget": {"unit": e.unit, "steps": e.budget, "scale": {n: a.scale for n, a in e.everything.items()}},
        "chosen": {"how": how} | chosen,
        "settings": e.settings,
        "measure": e.measure,
        "lower_is_better": e.lower_is_better,
        **{key: last[key] for key in ("machine", "torch", "date")},
        "commit": ", ".join(sorted({x["commit"] for x in lines})),
        "seconds": round(sum(x["seconds"] for x in lines)),
    } | summary(e, lines)


def main(module: str, e: Experiment) -> None:
    """Run what is missing, or say what is; at the end store the result."""
    if module != "__main__":
        return
    lines = read_parts(e)
    if "--status" in sys.argv:
        print(status(e, lines))
        return
    about = {key: value for key, value in provenance(0).items() if key != "seed"}  # of the program as it started
    while (run := next_run(e, lines)) is not None:
        print(status(e, lines), "| now", run, flush=True)
        lines.append(perform(e, run, about))
        append_part(e, lines[-1])
        shown = {k: v for k, v in lines[-1]["numbers"].items() if isinstance(v, float)}
        print(shown, lines[-1]["seconds"], "s", flush=True)
    print(f"stored in course_attn/results/{store(e.name, result(e, lines)).name}")
