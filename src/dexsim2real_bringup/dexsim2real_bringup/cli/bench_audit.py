"""``bench audit``: how well audits find what hidden twins have changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dexsim2real_audit.twin_bench import TOLERANCES, BenchResult, run_bench
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_description import DexSim2RealError

Row = dict[str, Cell]


def bench_audit(
    twins: int = 20,
    members: int = 40,
    per_fault: int = 5,
    frictions: int = 20,
    loops: int = 5,
    cells: int = 128,
    seed: int = 0,
    json: Path | None = None,
) -> None:
    """Audit hidden twins with one parameter changed each, members of the family, and cells struck by a fault.

    Args:
        twins: with one parameter changed each.
        members: of the simulated family, on which every alarm is a false one.
        per_fault: cells for each kind of fault.
        frictions: twins whose fingertip friction is estimated.
        loops: twins on which the suggested range is tried.
        cells: simulated side by side, and the size of the family.
        seed: of everything that is drawn.
        json: write all tables to this file as well.
    """
    if min(twins, members, per_fault, frictions) < 1:
        raise DexSim2RealError("a bench needs at least one twin, member, fault and friction")
    result = run_bench(twins, members, per_fault, frictions, loops, seed, cells)
    shown = {
        "Twins": [dict(row.__dict__) for row in result.twins],
        "Faults": [dict(row.__dict__) for row in result.faults],
        "The loop, once round": [dict(row.__dict__) for row in result.loops],
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
        _line("alarms on members of the family", result.false_alarms / result.members, "under 5 %"),
        _line("onset within 0.1 s of the fault", _share(late, TOLERANCES["onset"]), "", _spread(late, "s")),
        _line("delay within 5 ms", _share(delays, TOLERANCES["delay"]), "", _spread(delays, "s")),
        _line("friction within 15 %", _share(frictions, TOLERANCES["friction"]), "", _spread(frictions, "")),
    ]


def _line(what: str, share: float | np.floating, asked: str, note: str = "") -> Row:
    return {"what": what, "share": f"{100 * share:.0f} %", "asked": asked, "note": note}


def _share(errors: Sequence[float], bound: float) -> float:
    return float(np.mean(np.array(errors) <= bound))


def _spread(errors: Sequence[float], unit: str) -> str:
    middle, most = np.quantile(errors, [0.5, 0.9], method="inverted_cdf")
    return f"error: median {middle:.3g} {unit}, nine of ten under {most:.3g} {unit}"
