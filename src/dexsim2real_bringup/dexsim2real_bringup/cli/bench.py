"""``bench graph`` and ``bench faults``: what the live graph does on this machine, measured."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from dexsim2real_bringup.bench_policies import write_seeing, write_swaying
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_bringup.fault_bench import DISTURBANCES, KILLS, FaultResult, measure_faults
from dexsim2real_bringup.graph import GraphOptions
from dexsim2real_bringup.graph_bench import measure_graph
from dexsim2real_description import DexSim2RealError

Options = Annotated[GraphOptions, tyro.conf.arg(name="")]
_TWIN = GraphOptions(policy="", twin="0", markers=False)
_NOMINAL = GraphOptions(policy="")


def graph(seconds: float = 60.0, options: Options = _TWIN, json: Path | None = None) -> None:
    """Run the whole graph on a twin and print losses, ages from camera to command, and processor time.

    Args:
        seconds: how long to measure.
        options: what to run; without a policy, TVCAP with random weights.
        json: write all tables to this file as well.
    """
    with tempfile.TemporaryDirectory() as scratch:
        if not options.policy:
            folder = Path(scratch) / "policy"
            write_seeing(folder, options)
            options = replace(options, policy=str(folder))
        report = measure_graph(options, seconds)
    load = os.getloadavg()[0]
    tables = {
        "Messages lost": report.losses,
        "Ages": report.ages,
        f"Load of {os.cpu_count()} processors, load average {load:.1f}": report.load,
        "How the nodes kept up": report.notes,
    }
    for title, rows in tables.items():
        show(title, rows)
    if json is not None:
        write_json(json, tables)


def faults(only: tuple[str, ...] = (), options: Options = _NOMINAL, json: Path | None = None) -> int:
    """Kill each node, and freeze, delay and spoil each input, and print how fast the robot is held.

    Args:
        only: faults whose names contain one of these words; all if none is given.
        options: what to run; without a policy, one that keeps the robot swaying.
        json: write the table to this file as well.
    """
    possible = [fault for fault in KILLS + DISTURBANCES if options.cameras or "camera" not in fault.name]
    chosen = [fault for fault in possible if not only or any(word in fault.name for word in only)]
    if not chosen:
        names = ", ".join(fault.name for fault in possible)
        raise DexSim2RealError(f"no fault of this graph is called {' or '.join(only)}; choose from: {names}")
    rows: list[dict[str, Cell]] = []
    progress = Console(stderr=True, highlight=False, markup=False)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "policy"
        write_swaying(folder, options)
        for result in measure_faults(replace(options, policy=options.policy or str(folder), markers=True), chosen):
            rows.append(_fault_row(result))
            progress.print("; ".join(f"{key}: {value}" for key, value in rows[-1].items()))
    show("Faults", rows, json)
    return 0 if all(row["works again"] and row["inside limits"] for row in rows) else 1


def _fault_row(result: FaultResult) -> dict[str, Cell]:
    return {
        "fault": result.fault,
        "gate stopped after [ms]": result.stopped_ms,
        "held after [ms]": result.held_ms,
        "cause": result.cause,
        "share of motion limits": result.limit_share,
        "inside limits": result.within_limits,
        "works again": result.works_again,
    }
