"""``bench audit``: how well audits find what hidden twins have changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from dexsim2real_audit.loop_bench import LoopRow
from dexsim2real_audit.statistics import bootstrap
from dexsim2real_audit.twin_bench import TOLERANCES, BenchConfig, BenchResult, run_bench
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_description import DexSim2RealError

Row = dict[str, Cell]


def bench_audit(
    config: Annotated[BenchConfig, tyro.conf.arg(name="")] = BenchConfig(),  # noqa: B008  (frozen)
    json: Path | None = None,
) -> None:
    """Audit hidden twins with one parameter changed each, members of the family, and cells struck by a fault.

    Then go round the loop once: the randomization that each audit suggests, a new recording of the twin against it,
    and a policy in both.

    Args:
        config: how much of each.
        json: write all tables to this file as well.
    """
    if min(config.twins, config.members, config.per_fault, config.frictions) < 1:
        raise DexSim2RealError("a bench needs at least one twin, member, fault and friction")
    with Bar("recordings") as bar:
        result = run_bench(config, lambda what, done, of: bar.update(done, of, what))
    shown = {
        "Twins": [dict(row.__dict__) for row in result.twins],
        "Faults": [dict(row.__dict__) for row in result.faults],
        "The loop, once round": [_loop(row) for row in result.loops],
        "What the loop gained": gains(result) if result.loops else [],
        "What was asked for": summary(result),
    }
    shown = {title: rows for title, rows in shown.items() if rows}
    for title, rows in shown.items():
        show(title, rows)
    if json is not None:
        write_json(json, shown)


def summary(result: BenchResult) -> list[Row]:
    """Each figure with what was asked for."""
    hits = [0 < row.rank <= 3 for row in result.twins]
    late = [abs(row.onset - row.struck) if row.onset is not None else np.inf for row in result.faults]
    delays = [abs(row.estimate - row.true) for row in result.delays]
    frictions = [abs(row.estimate / row.true - 1) for row in result.frictions]
    found = [f"{sum(row.diverged for row in result.twins)} of {len(result.twins)} twins raised an alarm"]
    return [
        _line("true parameter among the first three causes", np.mean(hits), "80 % or more", found[0]),
        _line("alarms on members of the family", np.mean(result.members), "under 5 %"),
        _line("onset within 0.1 s of the fault", _share(late, TOLERANCES["onset"]), "", _spread(late, "s")),
        _line("delay within 5 ms", _share(delays, TOLERANCES["delay"]), "", _spread(delays, "s")),
        _line("friction within 15 %", _share(frictions, TOLERANCES["friction"]), "", _spread(frictions, "")),
    ]


def _loop(row: LoopRow) -> Row:
    """Before and after the round."""
    told: Row = {
        "twin": row.twin,
        "suggested": row.suggested or "-",
        "gap": round(row.before, 3),
        "after": round(row.after, 3),
        "outside": row.left,
        "still": row.still,
    }
    if row.policy_before is not None and row.policy_after is not None:
        told["policy [mrad]"] = round(1000 * row.policy_before.motion, 1)
        told["policy after"] = round(1000 * row.policy_after.motion, 1)
    return told


def gains(result: BenchResult) -> list[Row]:
    """Means over the twins before and after the round, and of the differences, with 95 % intervals."""
    rows = result.loops
    found = [
        _gain(f"gap; a member's is {result.member_gap:.2f}", [(row.before, row.after) for row in rows]),
        _gain("twins outside the family at some moment", [(float(row.left), float(row.still)) for row in rows]),
    ]
    policies = [(row.policy_before, row.policy_after) for row in rows]
    pairs = [(before, after) for before, after in policies if before is not None and after is not None]
    if pairs:
        found += [
            _gain("policy: mean motion, family to twin [mrad]", [(1e3 * a.motion, 1e3 * b.motion) for a, b in pairs]),
            _gain("policy: median time to success, family to twin [s]", [(a.seconds, b.seconds) for a, b in pairs]),
            _gain("policy: share of successes, family to twin", [(a.success, b.success) for a, b in pairs]),
        ]
    return found


def _gain(what: str, pairs: Sequence[tuple[float, float]]) -> Row:
    """A mean over twins before and after, and of the change, with its interval by bootstrap."""
    before, after = np.array(pairs).T
    spans = (bootstrap(values) for values in (before, after, after - before))
    words = (f"{span.value:.3g} ({span.low:.3g} to {span.high:.3g})" for span in spans)
    return {"what": what, **dict(zip(("before", "after", "change"), words, strict=True))}


def _line(what: str, share: float | np.floating, asked: str, note: str = "") -> Row:
    return {"what": what, "share": f"{100 * share:.0f} %", "asked": asked, "note": note}


def _share(errors: Sequence[float], bound: float) -> float:
    return float(np.mean(np.array(errors) <= bound))


def _spread(errors: Sequence[float], unit: str) -> str:
    middle, most = np.quantile(errors, [0.5, 0.9], method="inverted_cdf")
    return f"error: median {middle:.3g} {unit}, nine of ten under {most:.3g} {unit}"
