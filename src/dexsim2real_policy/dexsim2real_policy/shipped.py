"""Policies that come with the program, one per task, each with its provenance in its contract."""

from __future__ import annotations

from pathlib import Path

from dexsim2real_policy.artifact import CONTRACT

_FOLDER = Path(__file__).parent / "artifacts"


def shipped_policy(task: str) -> Path | None:
    """The folder of the policy for a task; None if there is none."""
    folder = _FOLDER / task
    return folder if (folder / CONTRACT).is_file() else None
