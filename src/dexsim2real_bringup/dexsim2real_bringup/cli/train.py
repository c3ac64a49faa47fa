"""``dexsim2real train`` and ``export``: from a task to a policy artifact."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import numpy as np
import tyro
from rich.console import Console

from dexsim2real_bringup.cli.live_table import LiveTable
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_bringup.train_report import save_training_report
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.export import export_run
from dexsim2real_dr.training.progress import Progress
from dexsim2real_dr.training.run_folder import Recorder, open_run, read_metrics
from dexsim2real_dr.training.summary import RECENT, mean, summarise
from dexsim2real_dr.training.trainer import Trainer
from dexsim2real_dr.training.world import World
from dexsim2real_sim import TASKS

POLICY = "policy"
"""Folder of the artifact inside a run's."""


def train(
    config: Annotated[TrainConfig, tyro.conf.arg(name="")],
    out: Path | None = None,
    json: Path | None = None,
) -> None:
    """Train a policy with PPO, export it and write a report.

    Ctrl-C saves and ends; the same command goes on from there, as it does after a kill. Under torchrun several
    processes train one policy.

    Args:
        config: what to train and how.
        out: folder of the run; runs/train/TASK if not given.
        json: write the table of results to this file too.
    """
    folder = out or Path("runs/train") / config.task
    world = World.join()
    trainer = Trainer(config, folder, world)
    if world.any(world.rank == 0 and open_run(folder, config)):
        trainer.resume()
    if world.rank > 0:
        learn(trainer, lambda progress: None)
        return
    finished = learn_with_display(trainer)
    if finished:
        export_run(folder, folder / POLICY)
    save_training_report(folder)
    show(_title(folder, trainer, finished), [{**summarise(config, read_metrics(folder))}], json)


def learn_with_display(trainer: Trainer) -> bool:
    """`learn` with a live table; what every update found is recorded."""
    recent: deque[Progress] = deque(maxlen=RECENT)
    title = f"{trainer.config.task}, {trainer.folder}"
    with Recorder(trainer.folder, trainer.update) as recorder, LiveTable(title) as table:

        def note(progress: Progress) -> None:
            recorder.add(progress)
            recent.append(progress)
            table.update([_row(recent, trainer.config.steps)])

        return learn(trainer, note)


def learn(trainer: Trainer, note: Callable[[Progress], None]) -> bool:
    """Train to the end; False if Ctrl-C in any of the processes stopped it, after saving."""
    with _interrupts() as interrupted:
        for progress in trainer.run():
            note(progress)
            if trainer.world.any(bool(interrupted)):
                trainer.save()
                return False
    return True


def export(run: tyro.conf.Positional[Path], /, out: Path | None = None) -> None:
    """Write the policy artifact of a training.

    Args:
        run: folder of the training.
        out: folder of the artifact; RUN/policy if not given.
    """
    folder = out or run / POLICY
    report = export_run(run, folder)
    error = report.contract.parity["float32"].error
    Console().print(f"{folder}: ONNX within {error:.2g} of torch", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that Ctrl-C appends to, so that an update is finished first; a second Ctrl-C ends at once."""
    seen: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _row(recent: deque[Progress], steps: int) -> dict[str, Cell]:
    last = recent[-1]
    return {
        "update": last.update,
        "steps": f"{last.steps:,} of {steps:,}",
        **{name.replace("_", " "): value for name, value in last.curriculum.items()},
        "success": mean([entry.success for entry in recent]),
        "reward": mean([entry.reward for entry in recent]),
        "length [steps]": mean([entry.length for entry in recent]),
        "noise": last.noise,
        "steps/s": round(float(np.mean([entry.steps_per_second for entry in recent]))),
        "left [min]": round((steps - last.steps) / max(last.steps_per_second, 1.0) / 60),
    }


def _title(folder: Path, trainer: Trainer, finished: bool) -> str:
    if not finished:
        return f"stopped after {trainer.steps:,} steps; the same command goes on in {folder}"
    return f"{TASKS[trainer.config.task].instruction} Wrote {folder / POLICY} and {folder / 'report.html'}"
