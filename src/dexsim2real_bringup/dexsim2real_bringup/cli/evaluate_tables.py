"""What trials came to, as rows of tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from dexsim2real_audit.evaluation import TrialResult, success_rate
from dexsim2real_bringup.cli.tables import Cell
from dexsim2real_bringup.gated_trials import GatedResult

Rows = list[dict[str, Cell]]
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def result_rows(results: Sequence[TrialResult]) -> Rows:
    """One per seed, and all together; behind the gate also how many trials it stopped."""
    groups = {str(seed): [r for r in results if r.seed == seed] for seed in sorted({r.seed for r in results})}
    rows: Rows = []
    for name, group in {**groups, "all": results}.items():
        rate, won = success_rate(group), [r.seconds for r in group if r.success]
        rows.append(
            {
                "seed": name,
                "successes": len(won),
                "trials": len(group),
                "rate": rate.value,
                "from": rate.low,
                "to": rate.high,
                "seconds of a success": sum(won) / len(won) if won else None,
            }
        )
        gated = [result for result in group if isinstance(result, GatedResult)]
        if gated:
            rows[-1]["stopped by the gate"] = sum(bool(result.stops) for result in gated)
    return rows


def stop_rows(results: Sequence[TrialResult]) -> Rows:
    """The limits that stopped the gate, most frequent first, each with the first example."""
    stopped = [(r, stop) for r in results if isinstance(r, GatedResult) for stop in r.stops]
    counts = Counter(name for r in results if isinstance(r, GatedResult) for name in {stop.limit for stop in r.stops})
    rows: Rows = []
    for name, count in counts.most_common():
        result, stop = next(pair for pair in stopped if pair[1].limit == name)
        rows.append(
            {
                "limit": name,
                "trials": count,
                "for example": stop.where,
                "value": stop.value,
                "bound": stop.bound,
                "at [s]": stop.seconds,
                "seed": result.seed,
                "trial": result.number,
            }
        )
    return rows


def failure_rows(failures: Sequence[TrialResult]) -> Rows:
    """The kinds of failure, most frequent first, each with one example."""
    kinds = Counter(_NUMBER.sub("#", failure.reason) for failure in failures)
    examples = {_NUMBER.sub("#", failure.reason): failure for failure in reversed(failures)}
    return [
        {
            "times": count,
            "for example": examples[kind].reason,
            "seed": examples[kind].seed,
            "trial": examples[kind].number,
            "object": examples[kind].object,
        }
        for kind, count in kinds.most_common()
    ]
