"""Checkpoints that come with the program, for trainings that need not begin from nothing."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "checkpoints"


def shipped_checkpoint(task: str) -> Path | None:
    """The checkpoint of the shipped policy for a task; None if there is none."""
    file = _FOLDER / f"{task}.pt"
    return file if file.is_file() else None
