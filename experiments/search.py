"""The same small search for every arm: a few values, each judged on the validation split."""

from __future__ import annotations

from math import nan
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.frame import Experiment

SEARCH_SEED = 100  # none of the seeds that count
EXTENSIONS = 2  # how often a search whose best value lies at an edge goes on beyond it

Line = dict[str, Any]


def tried(e: Experiment, lines: list[Line], case: str, name: str) -> dict[float, float]:
    """Values of the search that were tried, each with what it gave on the validation split, the mean of its seeds."""
    of = _by_seed(e, lines, case, name)
    return {value: fmean(seen.values()) for value, seen in sorted(of.items()) if len(seen) == len(e.search_seeds)}


def seed_to_try(e: Experiment, lines: list[Line], case: str, name: str, value: float) -> int:
    """The first seed of the search that a value was not tried with."""
    return next(seed for seed in e.search_seeds if seed not in _by_seed(e, lines, case, name).get(value, {}))


def _by_seed(e: Experiment, lines: list[Line], case: str, name: str) -> dict[float, dict[int, float]]:
    name = e.everything[name].like or name
    wanted = (name, case, e.steps(case, name), True)  # a search at another budget is none
    found: dict[float, dict[int, float]] = {}
    for x in lines:
        if (x["arm"], x["case"], x["steps"], x["search"]) == wanted and x["seed"] in e.search_seeds:
            found.setdefault(x["value"], {})[x["seed"]] = x["numbers"]["validation"]
    return found


def best(e: Experiment, seen: dict[float, float]) -> float:
    """The best value of a search; of several equals the smallest or the middle one, as the experiment says."""
    top = (min if e.lower_is_better else max)(seen.values())
    equals = sorted(value for value in seen if seen[value] == top)
    return equals[len(equals) // 2 if e.of_equals == "middle" else 0]


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


def taken(e: Experiment, lines: list[Line], case: str, name: str) -> float:
    """The value that an arm is run with: its only one, or the best of its search; NaN while nothing was tried."""
    stated = e.everything[e.everything[name].like or name].search
    seen = tried(e, lines, case, name)
    return stated[0] if len(stated) == 1 else best(e, seen) if seen else nan
