"""What a result file of an experiment must say, and what one leaves unsaid."""

from __future__ import annotations

from typing import Any

WORDS = ("command", "question", "prediction", "machine", "torch", "date", "commit", "measure")
TABLES = ("arms", "baselines", "seeds", "split", "budget", "doubled", "chosen", "settings", "numbers", "differences")
FEWEST_SEEDS = 3


def unsaid(result: dict[str, Any]) -> list[str]:
    """Name every part that is missing; an empty list for a complete result.

    Args:
        result: As :func:`experiments.summary.result` makes it.
    """
    missing = [name for name in WORDS if not isinstance(result.get(name), str) or not result[name]]
    missing += [name for name in TABLES if not isinstance(result.get(name), dict) or not result[name]]
    missing += [f"split: {name}" for name in ("train", "validation", "test") if not _has(result, "split", name)]
    missing += ["chosen: how"] * (not _has(result, "chosen", "how"))
    if missing:
        return missing
    for case, of in result["numbers"].items():
        seeds = result["seeds"].get(case, [])
        missing += [f"{case}: at least {FEWEST_SEEDS} seeds"] * (len(seeds) < FEWEST_SEEDS)
        arms = [name for name in of if name in result["arms"]]
        baselines = [name for name in of if name in result["baselines"]]
        missing += [f"{case}: an arm"] * (not arms) + [
            f"{case}: a baseline beside {name}" for name in arms if not baselines
        ]
        for name in arms:
            for size in ("budget", "doubled"):
                values = of[name].get(size, {}).get(result["measure"], [])
                wanted = result["doubled"].get("seeds", {}).get(case, []) if size == "doubled" else seeds
                if not values or len(values) != len(wanted):
                    missing.append(f"{case}, {name}, {size}: {len(values)} of {max(1, len(wanted))} seeds")
            pairs = result["differences"].get(case, {})
            missing += [f"{case}: {name} - {b}" for b in baselines if f"{name} - {b}" not in pairs]
    ran = {name for of in result["numbers"].values() for name in of}
    return missing + [f"numbers of {name}" for name in [*result["arms"], *result["baselines"]] if name not in ran]


def _has(result: dict[str, Any], table: str, name: str) -> bool:
    return bool((result.get(table) or {}).get(name))
