"""``dexsim2real clone``: demonstrations to a policy on state and touch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from dexsim2real_bringup.cli.live_table import LiveTable
from dexsim2real_bringup.cli.tables import Cell, make_folder, show
from dexsim2real_dr.imitation.cloning import CloneConfig, Cloning, Progress


def clone(
    config: Annotated[CloneConfig, tyro.conf.arg(name="")],
    out: Path,
    json: Path | None = None,
) -> None:
    """Learn from demonstrations a policy on state and touch, and export it.

    Ctrl-C is safe: the same command goes on from the last report.

    Args:
        config: what to learn from and how.
        out: folder of the run; the artifact is its `policy`.
        json: write the table to this file as well.
    """
    run = Cloning(config, out)
    make_folder(out)
    with LiveTable(f"{run.task}, {out}") as table:
        for progress in run.run():
            table.update([_row(progress, config)])
    report = run.export()
    rows: list[dict[str, Cell]] = [
        {
            "task": run.task,
            "demonstrations": sum(len(source.episodes) for source in run.sources),
            "steps": run.learner.step,
            "error on held-out episodes": run.error,
            "ONNX against torch": report.contract.parity["float32"].error,
        }
    ]
    show(f"Wrote {out / 'policy'}", rows, json)


def _row(progress: Progress, config: CloneConfig) -> dict[str, Cell]:
    return {
        "step": f"{progress.step:,} of {config.learner.steps:,}",
        "loss": progress.loss,
        "error on held-out episodes": progress.error,
        "minutes": round(progress.seconds / 60, 1),
    }
