"""Tables of an evaluation: success per condition, simulation against reality, seen against unseen, methods compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from dexsim2real_audit.statistics import Interval, barnard, difference, wilson
from dexsim2real_audit.trial_plan import SEEN, Plan
from dexsim2real_audit.verdicts import Verdicts

Cell = str | float | int | bool | None
Row = dict[str, Cell]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Outcome:
    """One trial with everything that is known of it."""

    task: str
    method: str
    seed: int
    condition: str
    real: bool
    success: bool
    x: float = 0.0
    """Where the object began, from the middle of the area [m]."""
    y: float = 0.0


def outcomes(plan: Plan, verdicts: Verdicts, real: bool) -> list[Outcome]:
    """The judged trials of a plan, unblinded."""
    trials = {trial.name: trial for trial in plan.trials}
    return [
        Outcome(
            plan.task,
            plan.key[name].method,
            plan.key[name].seed,
            trials[name].condition,
            real,
            success,
            trials[name].x,
            trials[name].y,
        )
        for name, success in verdicts.items()
    ]


def success_table(results: Sequence[Outcome]) -> list[Row]:
    """Success per task, method, condition and side, with Wilson intervals and the range over seeds."""
    rows: list[Row] = []
    for (task, method, condition, real), group in _groups(
        results, lambda o: (o.task, o.method, o.condition, o.real)
    ).items():
        rate = _rate(group)
        seeds = [_rate(part).value for part in _groups(group, lambda o: o.seed).values()]
        rows.append(
            {
                "task": task,
                "method": method,
                "condition": condition,
                "where": "real" if real else "sim",
                "trials": len(group),
                "success": _percent(rate),
                "seeds": f"{100 * min(seeds):.0f} to {100 * max(seeds):.0f} %",
            }
        )
    return rows


def gap_table(results: Sequence[Outcome]) -> list[Row]:
    """Success in simulation and in reality and the gap between them, per task and method, under base conditions."""
    rows: list[Row] = []
    base = [o for o in results if o.condition in SEEN]
    for (task, method), group in _groups(base, lambda o: (o.task, o.method)).items():
        sim, real = ([o for o in group if o.real is side] for side in (False, True))
        if sim and real:
            rows.append(_two_sides(task, method, "sim", _rate(sim), "real", _rate(real), "gap"))
    return rows


def unseen_table(results: Sequence[Outcome]) -> list[Row]:
    """Success under the conditions of training against all others, per task, method and side."""
    rows: list[Row] = []
    for (task, method, real), group in _groups(results, lambda o: (o.task, o.method, o.real)).items():
        seen, unseen = ([o for o in group if (o.condition in SEEN) is side] for side in (True, False))
        if seen and unseen:
            row = _two_sides(task, method, "seen", _rate(seen), "unseen", _rate(unseen), "drop")
            rows.append({"where": "real" if real else "sim", **row})
    return rows


def method_tests(results: Sequence[Outcome]) -> list[Row]:
    """Every pair of methods on each task and side: difference, Barnard's p, and p after Holm's correction."""
    rows: list[Row] = []
    for (task, real), group in _groups(results, lambda o: (o.task, o.real)).items():
        for a, b in combinations(dict.fromkeys(o.method for o in group), 2):
            first, second = ([o for o in group if o.method == method] for method in (a, b))
            wins = [sum(o.success for o in part) for part in (first, second)]
            rows.append(
                {
                    "task": task,
                    "where": "real" if real else "sim",
                    "methods": f"{a} against {b}",
                    "difference": _percent(difference(_rate(first), _rate(second))),
                    "p": barnard(wins[0], len(first), wins[1], len(second)),
                }
            )
    for row, corrected in zip(rows, holm([float(row["p"] or 0.0) for row in rows]), strict=True):
        row["p (Holm)"] = corrected
    return rows


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being several (Holm 1979): valid for any dependence between them."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected


def _two_sides(task: str, method: str, one: str, first: Interval, two: str, second: Interval, gap: str) -> Row:
    between = difference(first, second)
    return {"task": task, "method": method, one: _percent(first), two: _percent(second), gap: _percent(between)}


def _groups(results: Iterable[Outcome], key: Callable[[Outcome], Key]) -> dict[Key, list[Outcome]]:
    groups: dict[Key, list[Outcome]] = {}
    for outcome in results:
        groups.setdefault(key(outcome), []).append(outcome)
    return groups


def _rate(group: Sequence[Outcome]) -> Interval:
    return wilson(sum(o.success for o in group), len(group))


def _percent(interval: Interval) -> str:
    return f"{100 * interval.value:.0f} % [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"
