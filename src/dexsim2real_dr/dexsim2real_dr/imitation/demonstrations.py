"""What an expert did and what the sensors said meanwhile, in one file that holds no code."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import Inputs
from dexsim2real_description.writing import whole_file
from dexsim2real_dr.errors import TrainingError

SCHEMA = 1
_INPUT = "input."


@dataclass(frozen=True, eq=False)
class Episode:
    """One that has ended, S steps long."""

    inputs: Inputs
    """What the policy would have seen, each (S, ...)."""
    target: NDArray[np.float32]
    """Joint targets in force when it was seen [rad], shape (S, 23)."""
    goal: NDArray[np.float32]
    """Where the expert then wanted them a step later [rad], shape (S, 23)."""
    reason: str
    """Why it failed; empty for a success."""

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, eq=False)
class Demonstrations:
    """Successful episodes of one task."""

    task: str
    tried: int
    """Episodes of the expert, failed ones too."""
    seed: int
    noise: float
    """Largest standard deviation of the noise on the expert's actions."""
    episodes: tuple[Episode, ...]
    planned: bool = False
    """Whether the expert planned its way to objects."""
    student: str = ""
    """Policy that led before the expert took over; empty if none did."""

    def save(self, file: Path) -> None:
        """Write the file, whole or not at all. Raises TrainingError if that cannot be done."""
        names = ("task", "tried", "seed", "noise", "planned", "student")
        about = {"schema": SCHEMA, **{name: getattr(self, name) for name in names}}
        columns = {
            "lengths": np.array([len(episode) for episode in self.episodes]),
            "target": np.concatenate([episode.target for episode in self.episodes]),
            "goal": np.concatenate([episode.goal for episode in self.episodes]),
        }
        for name in self.episodes[0].inputs:
            columns[_INPUT + name] = np.concatenate([episode.inputs[name] for episode in self.episodes])
        with whole_file(file, TrainingError) as partial, partial.open("wb") as stream:
            np.savez(stream, about=np.array(json.dumps(about)), **columns)  # type: ignore[arg-type]

    @classmethod
    def load(cls, file: Path) -> Demonstrations:
        """Read a file. Raises TrainingError if it is missing, damaged or of another version."""
        try:
            with np.load(file, allow_pickle=False) as archive:
                columns = {name: archive[name] for name in archive.files}
            about = json.loads(str(columns.pop("about")))
        except FileNotFoundError as error:
            raise TrainingError(f"there are no demonstrations {file}; make them with: dexsim2real demos") from error
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise TrainingError(f"{file} holds no demonstrations, or is damaged; make it anew") from error
        if about.pop("schema", None) != SCHEMA:
            raise TrainingError(f"{file} is not of schema {SCHEMA}; make it anew with this version")
        return cls(**about, episodes=tuple(_split(columns)))


def _split(columns: dict[str, NDArray[Any]]) -> list[Episode]:
    """Episodes out of columns in which they stand one after another."""
    ends = np.cumsum(columns["lengths"])[:-1]
    parts = {name: np.split(column, ends) for name, column in columns.items() if name != "lengths"}
    inputs = {name.removeprefix(_INPUT): part for name, part in parts.items() if name.startswith(_INPUT)}
    return [
        Episode({name: part[i] for name, part in inputs.items()}, target, goal, "")
        for i, (target, goal) in enumerate(zip(parts["target"], parts["goal"], strict=True))
    ]


def chunks_of(episode: Episode, length: int, spec: ActionSpec) -> NDArray[np.float32]:
    """The next `length` actions at every step of an episode, shape (S, length, 23).

    They lead from the targets in force along the expert's own path and hold its end: what disturbs the robot after a
    step is not in that step's chunk, but the way back after a disturbance is.
    """
    steps = len(episode)
    path = np.concatenate([episode.goal, np.repeat(episode.goal[-1:], length, axis=0)]).astype(np.float64)
    target = episode.target.astype(np.float64)
    actions = np.empty((steps, length, target.shape[1]), np.float32)
    for k in range(length):
        actions[:, k] = spec.toward(target, path[k : k + steps])
        target = spec.step(target, actions[:, k])
    return actions
