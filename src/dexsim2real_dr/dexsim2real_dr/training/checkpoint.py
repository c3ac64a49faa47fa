"""Everything that a training goes on from, in one file that holds no code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from dexsim2real_description.writing import whole_file
from dexsim2real_dr.errors import TrainingError

SCHEMA = 1


@dataclass(frozen=True)
class Checkpoint:
    """The state at the end of an update. What is random afterwards follows from seed and update."""

    task: str
    update: int
    seconds: float
    """Of training so far."""
    agent: dict[str, Any]
    """Weights, normalisers and optimiser, as rsl_rl gives them."""
    curriculum: str
    """State of the curriculum, JSON."""

    def save(self, file: Path) -> None:
        """Write it, whole or not at all. Raises TrainingError if the disk refuses; an older one then stays."""
        with whole_file(file, TrainingError) as partial:
            try:
                torch.save({"schema": SCHEMA, **asdict(self)}, partial)
            except RuntimeError as error:  # what torch's writer raises when the disk is full
                raise OSError(str(error)) from error

    @classmethod
    def load(cls, file: Path) -> Checkpoint:
        """Read one. Raises TrainingError if it is missing, damaged or of another version."""
        try:
            data = torch.load(file, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise TrainingError(f"there is no checkpoint {file}; give the folder of a training") from error
        except (OSError, RuntimeError, UnpicklingError, EOFError, ValueError) as error:
            raise TrainingError(f"{file} is not a checkpoint, or damaged; give the folder of a training") from error
        if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
            raise TrainingError(f"{file} is not of schema {SCHEMA}; train anew with this version")
        try:
            return cls(**data)
        except TypeError as error:
            raise TrainingError(f"{file} is not a checkpoint of a training: {error}; train anew") from error

    def check_task(self, task: str) -> None:
        """Raise TrainingError unless it belongs to this task."""
        if self.task != task:
            raise TrainingError(f"the checkpoint is for task {self.task}, not {task}; say --task {self.task}")
