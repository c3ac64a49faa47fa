"""Checkpoints that come with the program, for trainings that need not begin from nothing."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "checkpoints"


def shipped_checkpoint(name: str) -> Path | None:
    """The checkpoint of the shipped policy of that name; None if there is none."""
    file = _FOLDER / f"{name}.pt"
    return file if file.is_file() else None
