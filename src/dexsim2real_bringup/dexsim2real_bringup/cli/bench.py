"""``bench graph`` and ``bench faults``: what the live graph does on this machine, measured."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tyro

from dexsim2real_bringup.bench_policies import write_seeing
from dexsim2real_bringup.cli.tables import show, write_json
from dexsim2real_bringup.graph import GraphOptions
from dexsim2real_bringup.graph_bench import measure_graph

Options = Annotated[GraphOptions, tyro.conf.arg(name="")]
_TWIN = GraphOptions(policy="", twin="0", markers=False)


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
