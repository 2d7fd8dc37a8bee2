"""A row of error_rates.py: how often a claim is false, or a planted truth found."""

from typing import Any


def row(claim: str, where: str, before: float | None, now: float, goal: str) -> dict[str, Any]:
    """before, now: shares of the simulated worlds. goal: such as `<= 5 %`, or `-` for none."""
    was = None if before is None else float(before)
    return {"claim": claim, "where": where, "before": was, "now": float(now), "goal": goal}


def holds(found: dict[str, Any]) -> bool:
    if found["goal"] == "-":
        return True
    sign, goal, _ = found["goal"].split()
    limit = float(goal) / 100
    return bool(found["now"] >= limit if sign == ">=" else found["now"] <= limit)
