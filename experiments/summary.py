"""Numbers of an experiment's runs side by side: each arm's, and paired differences with what could have been seen."""

from __future__ import annotations

from itertools import combinations
from math import inf, sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.frame import Experiment

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


def summary(e: Experiment, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Numbers by case, arm, budget and name, seed by seed; paired differences; the orders that doubling turned."""
    final = {(x["case"], x["arm"], x["times"], x["seed"]): x["numbers"] for x in lines if not x["search"]}
    numbers: dict[str, dict[str, dict[str, dict[str, list[Any]]]]] = {}
    for seed in e.seeds:
        for case, name, times, own_seed in e.pairs(seed):
            if (case, name, times, own_seed) not in final:
                continue
            table = numbers.setdefault(case, {}).setdefault(name, {}).setdefault(SIZES[times], {})
            for key, value in final[case, name, times, own_seed].items():
                table.setdefault(key, []).append(value)
    differences: dict[str, dict[str, dict[str, Any]]] = {}
    turned: dict[str, list[str]] = {case: [] for case in numbers}
    for case, of in numbers.items():
        for a, b in combinations(reversed(of), 2):  # arms before baselines
            if a in e.baselines:
                continue
            # A baseline without a budget stands beside both.
            pair = {
                size: paired(of[a][size][e.measure], of[b].get(size, of[b]["budget"])[e.measure])
                for size in SIZES.values()
                if size in of[a] and len(of[a][size][e.measure]) == len(of[b].get(size, of[b]["budget"])[e.measure])
            }
            differences.setdefault(case, {})[f"{a} - {b}"] = pair
            if len(pair) == 2 and pair["budget"]["mean"] * pair["doubled"]["mean"] < 0:
                turned[case].append(f"{a} - {b}")
    doubled = {
        case: {n: s["doubled"][e.measure] for n, s in of.items() if "doubled" in s} for case, of in numbers.items()
    }
    return {
        "numbers": numbers,
        "differences": differences,
        "doubled": {e.measure: doubled, "orders_turned_round": turned},
    }
