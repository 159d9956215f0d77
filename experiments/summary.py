"""The result of an experiment: each arm's numbers, and paired differences with what could have been seen."""

from __future__ import annotations

from itertools import combinations
from math import inf, sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from experiments.search import taken, tried

if TYPE_CHECKING:
    from experiments.frame import Experiment

Line = dict[str, Any]
# Student's t at 0.975 and at 0.8, by degrees of freedom from 1; then the normal's.
T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
T_800 = (1.376, 1.061, 0.978, 0.941, 0.920, 0.906, 0.896, 0.889, 0.883)
SIZES = {1: "budget", 2: "doubled"}


def smallest_seen(differences: list[float]) -> float:
    """The smallest true difference that four tests in five would have called one, at 5 per cent, two-sided."""
    n = len(differences)
    if n < 2:
        return inf
    t = T_975[n - 2] + T_800[n - 2] if n - 2 < len(T_975) else 1.96 + 0.842
    return t * stdev(differences) / sqrt(n)


def paired(first: list[float], second: list[float]) -> dict[str, Any]:
    """First minus second, seed by seed: each, mean, spread, and the smallest difference that could have been seen."""
    each = [a - b for a, b in zip(first, second, strict=True)]
    least = smallest_seen(each)
    return {
        "each": [round(x, 5) for x in each],
        "mean": round(fmean(each), 5),
        "spread": round(stdev(each), 5) if len(each) > 1 else None,
        "smallest_seen": None if least == inf else round(least, 5),
    }


def numbers_of(e: Experiment, lines: list[Line]) -> dict[str, dict[str, dict[str, dict[str, list[Any]]]]]:
    """Numbers by case, arm, budget and name, seed by seed."""
    final = {(x["case"], x["arm"], x["seed"], x["steps"], x["value"]): x["numbers"] for x in lines if not x["search"]}
    numbers: dict[str, dict[str, dict[str, dict[str, list[Any]]]]] = {}
    for case, name, times, seed in e.order():
        # Runs with a value or a budget that was given up since stay in the parts, and do not count.
        own = final.get((case, name, seed, e.steps(case, name, times), taken(e, lines, case, name)))
        if own is not None and (times == 1 or e.everything[name].scale):
            of = numbers.setdefault(case, {}).setdefault(name, {}).setdefault(SIZES[times], {})
            for key, value in own.items():
                value = _columns(value)
                # Where the seed changes nothing one run stands for all.
                counts = e.seeds_of(case) if times == 1 else e.doubled_seeds_of(case)
                of.setdefault(key, []).extend([value] * (len(counts) if _once(e, name, case) else 1))
    return numbers


def differences_of(e: Experiment, of: dict[str, dict[str, dict[str, list[Any]]]]) -> dict[str, dict[str, Any]]:
    """Paired differences of a case between each two arms, and each arm and each baseline, at both budgets."""
    found: dict[str, dict[str, Any]] = {}
    for a, b in combinations([*(n for n in e.arms if n in of), *(n for n in e.baselines if n in of)], 2):
        if a in e.arms:
            for size, own in of[a].items():
                first, second = own[e.measure], of[b].get(size, of[b]["budget"])[e.measure]  # undoubled beside both
                if len(first) <= len(second):
                    found.setdefault(f"{a} - {b}", {})[size] = paired(first, second[: len(first)])
    return found


def turned(pairs: dict[str, dict[str, Any]]) -> list[str]:
    """The pairs whose order is another one with the doubled budget, where either order could have been seen at all."""
    found = []
    for name, sizes in pairs.items():
        seen = [d for d in sizes.values() if d["smallest_seen"] is not None and abs(d["mean"]) >= d["smallest_seen"]]
        if len(sizes) == 2 and seen and sizes["budget"]["mean"] * sizes["doubled"]["mean"] < 0:
            found.append(name)
    return found


def _columns(value: Any) -> Any:
    """A learning curve as one list for each of its numbers, anything else as it is."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return value
    return {key: [point[key] for point in value] for key in value[0]}


def _once(e: Experiment, name: str, case: str) -> bool:
    return case in e.everything[name].once


def table(e: Experiment, lines: list[Line]) -> str:
    """What is known so far, a line for each arm of each case: mean, spread and number of runs."""
    rows = []
    for case, of in numbers_of(e, lines).items():
        for name, sizes in of.items():
            cells = []
            for size, own in sizes.items():
                values = own[e.measure]
                spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
                cells.append(f"{size} {fmean(values):.4f}{spread} ({len(values)})")
            rows.append(f"  {case:>8}  {name:28} {'   '.join(cells)}")
    return "\n".join(rows)


def result(e: Experiment, lines: list[Line]) -> Line:
    """The result file, from the finished runs."""
    chosen = {
        case: {
            name: {"tried": {f"{k:g}": v for k, v in seen.items()}, "taken": taken(e, lines, case, name)}
            for name in e.everything
            if (seen := tried(e, lines, case, name))
        }
        for case in e.budget
    }
    numbers = numbers_of(e, lines)
    differences = {case: differences_of(e, of) for case, of in numbers.items()}
    seeds = ("seed " if len(e.search_seeds) == 1 else "the mean of seeds ") + ", ".join(map(str, e.search_seeds))
    how = e.how or f"the best on the validation split with {seeds} at the budget, the same search for every arm"
    last = max(lines, key=lambda x: x["date"])
    return {
        "command": f"python -m experiments.{e.name}",
        "question": e.question,
        "prediction": e.prediction,
        "arms": {name: arm.what for name, arm in e.arms.items()},
        "baselines": {name: arm.what for name, arm in e.baselines.items()},
        "seeds": {case: list(e.seeds_of(case)) for case in e.budget},
        "split": e.split,
        "budget": {"unit": e.unit, "steps": e.budget, "scale": {n: a.scale for n, a in e.everything.items()}},
        "chosen": {"how": how} | chosen,
        "settings": e.settings,
        "measure": e.measure,
        "lower_is_better": e.lower_is_better,
        **{key: last[key] for key in ("machine", "torch", "date")},
        "commit": ", ".join(sorted({x["commit"] for x in lines})),
        "seconds": round(sum(x["seconds"] for x in lines)),
        "doubled": {
            "steps": {case: 2 * steps for case, steps in e.budget.items()},
            "seeds": {case: list(e.doubled_seeds_of(case)) for case in e.budget},
            "orders_turned": {case: turned(pairs) for case, pairs in differences.items()},
        },
        "numbers": numbers,
        "differences": differences,
    }
