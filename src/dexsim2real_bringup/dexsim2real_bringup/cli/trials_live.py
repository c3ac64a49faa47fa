"""``trials live``: trials on the live graph, of the simulated robot without a person, of the real one with one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from dexsim2real_audit.statistics import wilson
from dexsim2real_bringup.cli.confirm import confirm
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_bringup.graph import GraphOptions
from dexsim2real_bringup.person import Person
from dexsim2real_bringup.real_trials import run_real_trials, what_moves
from dexsim2real_bringup.trial_runner import TrialResult, run_trials
from dexsim2real_description import DexSim2RealError

_LEAN = GraphOptions(markers=False)


def live(
    number: int = 10,
    seconds: float | None = None,
    options: Annotated[GraphOptions, tyro.conf.arg(name="")] = _LEAN,
    real: bool = False,
    yes: bool = False,
    json: Path | None = None,
) -> None:
    """Start the graph, try the policy again and again, and print what came of each trial.

    The simulated robot needs nobody. For the real one you put things in place, end a trial with Enter and say
    whether it was a success; the robot goes by itself to where trials begin.

    Args:
        number: of trials.
        seconds: how long a trial may take; by default what the task allows.
        options: what to run; with --out, each trial is recorded to a bag in that folder.
        real: the real robot's graph, on the robot or, with --use-twin, on a twin behind the same topics.
        yes: do not ask before a real robot moves.
        json: write the tables to this file as well.
    """
    if number < 1 or (seconds is not None and not seconds > 0.0):
        raise DexSim2RealError(
            f"{number} trials of {seconds} s make no evaluation; choose at least one, and a time > 0"
        )
    rows: list[dict[str, Cell]] = []
    progress = Console(stderr=True, highlight=False, markup=False)
    for result in _trials(options, number, seconds, real, yes):
        rows.append(asdict(result))
        progress.print("; ".join(f"{key}: {value}" for key, value in rows[-1].items()))
    rate = wilson(sum(row["outcome"] == "success" for row in rows), len(rows))
    tables: dict[str, list[dict[str, Cell]]] = {
        "Trials": rows,
        "Success": [{"trials": len(rows), "rate": rate.value, "95 % low": rate.low, "95 % high": rate.high}],
    }
    for title, table in tables.items():
        show(title, table)
    if json is not None:
        write_json(json, tables)


def _trials(options: GraphOptions, number: int, seconds: float | None, real: bool, yes: bool) -> Iterator[TrialResult]:
    if not real or options.use_twin:
        return run_trials(options, number, seconds, "real" if real else "sim")
    confirm(what_moves(options, number, seconds), yes)
    return run_real_trials(options, number, seconds, Person())
