"""The frame every trained experiment stands in: what is asked, beside what, and how it is run and stored.

An experiment states its question, its prediction, its arms and its baselines, and gives one function that trains and
measures one run. The frame does the rest: it chooses each arm's rate by the same small search on the validation split,
runs every arm with every seed and then with the budget doubled, appends each finished run at once to
``experiments/parts/NAME.jsonl`` and, when none is missing, writes ``course_attn/results/NAME.json``.

    python -m experiments.NAME             runs, or goes on where it stopped
    python -m experiments.NAME --status    says what is missing, about how long it takes, and what is known so far
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.record import ROOT, provenance, store
from experiments.search import SEARCH_SEED, seed_to_try, still_to_try, taken
from experiments.summary import result, table

PARTS = ROOT / "experiments" / "parts"

Line = dict[str, Any]


@dataclass(frozen=True)
class Arm:
    """One thing that is compared, or one baseline.

    Args:
        what: In words.
        search: Values (rates, penalties) to choose from on the validation split; one value is taken as it is.
        like: The arm whose chosen value this one takes instead of a search of its own.
        scale: Times the budget that it gets; 0 if it is not trained in steps, so that nothing can be doubled.
        once: Cases in which the seed changes nothing: run with the first one only.
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
    absent: frozenset[tuple[str, str]] = frozenset()  # (arm, case) that is not run
    close: dict[str, tuple[int, ...]] = field(default_factory=dict)  # further seeds of cases in which it is close
    search_seeds: tuple[int, ...] = (SEARCH_SEED,)  # more where one seed may learn at a rate at which the next does not
    how: str = ""  # how the values were chosen, if in another way than by the search
    of_equals: str = "smallest"  # or "middle": which value is taken where several are the best
    doubled: int | None = None  # how many of the seeds are run with the budget doubled as well; all if None

    @property
    def everything(self) -> dict[str, Arm]:
        """Baselines, then arms."""
        return self.baselines | self.arms

    @property
    def digest(self) -> str:
        """Changes when the settings do."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:8]

    def seeds_of(self, case: str) -> tuple[int, ...]:
        """Seeds of a case: those of all, and its own."""
        return self.seeds + self.close.get(case, ())

    def doubled_seeds_of(self, case: str) -> tuple[int, ...]:
        """Seeds that a case is run with at the doubled budget."""
        return self.seeds_of(case)[: self.doubled]

    def steps(self, case: str, name: str, times: int = 1) -> int:
        """How long an arm is trained."""
        return round(self.budget[case] * self.everything[name].scale) * times

    def order(self) -> Iterator[tuple[str, str, int, int]]:
        """Case, arm, times and seed of every run that counts, in the order of running: one seed's whole table first."""
        for seed in dict.fromkeys(seed for case in self.budget for seed in self.seeds_of(case)):
            for times, (case, (name, arm)) in product((1, 2), product(self.budget, self.everything.items())):
                drawn = case not in arm.once or seed == self.seeds[0]
                counts = self.doubled_seeds_of(case) if times == 2 and arm.scale else self.seeds_of(case)
                if seed in counts and drawn and (name, case) not in self.absent:
                    yield case, name, times, seed


def next_run(e: Experiment, lines: list[Line]) -> Run | None:
    """The first run that is missing: an arm's search stands before the first run that needs its answer."""
    done = {(x["arm"], x["case"], x["seed"], x["steps"], x["value"], x["search"]) for x in lines}
    for case, name, times, seed in e.order():
        searched = e.everything[name].like or name
        for value in still_to_try(e, lines, case, name):
            seed = seed_to_try(e, lines, case, searched, value)
            return Run(searched, case, seed, 1, e.steps(case, searched), value, True)
        run = Run(name, case, seed, times, e.steps(case, name, times), taken(e, lines, case, name), False)
        if run.key not in done:
            return run
    return None


def perform(e: Experiment, run: Run, about: Line) -> Line:
    """Do one run; what is stored of it."""
    start = time.process_time()  # not the clock on the wall: others may use the machine
    numbers = e.run(run)
    if run.search and ("validation" not in numbers or e.measure in numbers):
        raise RuntimeError(f"{e.name}: a run of the search reports validation and never {e.measure}: {set(numbers)}")
    if not run.search and e.measure not in numbers:
        raise RuntimeError(f"{e.name}: a run must report {e.measure}, got {set(numbers)}")
    own = {k: getattr(run, k) for k in ("arm", "case", "seed", "times", "steps", "value", "search")}
    seconds = round(time.process_time() - start, 1)
    return {"settings": e.digest} | own | {"numbers": numbers, "seconds": seconds} | about


def read_parts(e: Experiment, folder: Path = PARTS) -> list[Line]:
    """The finished runs that were made with the settings of now; a line cut short by a kill does not count."""
    path, lines = folder / f"{e.name}.jsonl", []
    for text in path.read_text().splitlines() if path.exists() else []:
        with suppress(json.JSONDecodeError):
            lines.append(json.loads(text))
    return [line for line in lines if line["settings"] == e.digest]


def append_part(e: Experiment, line: Line, folder: Path = PARTS) -> None:
    """Add one finished run; a line that was cut short stays a line of its own."""
    path = folder / f"{e.name}.jsonl"
    whole = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
    with path.open("a") as stream:
        stream.write(("" if whole else "\n") + json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")


def status(e: Experiment, lines: list[Line]) -> str:
    """How many runs are done and missing, and about how long those take on a core of their own."""
    rate: dict[str, float] = {x["arm"]: x["seconds"] / max(x["steps"], 1) for x in lines}
    rate |= {x["arm"] + x["case"]: x["seconds"] / max(x["steps"], 1) for x in lines}
    pretend, missing, seconds, unknown = list(lines), 0, 0.0, 0
    while (run := next_run(e, pretend)) is not None:
        took = rate.get(run.arm + run.case, rate.get(run.arm))
        missing, unknown = missing + 1, unknown + (took is None)
        seconds += (took or 0) * max(run.steps, 1)
        # A search is taken to end in the middle of the values stated.
        middle = run.search and run.value == sorted(stated := e.everything[run.arm].search)[len(stated) // 2]
        guess = (-1e9 + middle) * (-1 if e.lower_is_better else 1)
        pretend.append({**vars(run), "numbers": {"validation": guess}})
    known = f"about {seconds / 60:.0f} minutes" + (f" and {unknown} of unknown length" if unknown else "")
    return f"{e.name}: {len(lines)} runs done, {missing} missing: {known}"


def complete(e: Experiment, about: Line, folder: Path = PARTS) -> list[Line]:
    """Run what is missing, keeping each run as soon as it is done; return all of them."""
    lines = read_parts(e, folder)
    while (run := next_run(e, lines)) is not None:
        print(status(e, lines), "| now", run, flush=True)
        lines.append(perform(e, run, about))
        append_part(e, lines[-1], folder)
        shown = {k: v for k, v in lines[-1]["numbers"].items() if isinstance(v, float)}
        print(shown, lines[-1]["seconds"], "s", flush=True)
    return lines


def main(module: str, e: Experiment) -> None:
    """Run what is missing and store the result; or say what is missing and what is known so far."""
    if module != "__main__":
        return
    if "--status" in sys.argv:
        lines = read_parts(e)
        print(status(e, lines), table(e, lines), sep="\n")
        return
    about = {key: value for key, value in provenance(0).items() if key != "seed"}  # of the program as it started
    print(f"stored in course_attn/results/{store(e.name, result(e, complete(e, about))).name}")
