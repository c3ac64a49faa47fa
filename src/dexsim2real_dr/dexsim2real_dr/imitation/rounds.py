"""What was taught so far, round by round, on disk, so that a run can go on; the oldest rounds make room for new."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dexsim2real_description.writing import whole_file
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.samples import Lesson, Samples, held_out

_NAME = re.compile(r"round_(\d+)\.npz")
_INPUT = "input."


@dataclass(frozen=True, eq=False)
class _Round:
    samples: Samples
    held: torch.Tensor
    """Whether a step is for validation, shape (S,)."""


class Rounds:
    """The rounds in a folder, together no more than about `keep` steps."""

    def __init__(self, folder: Path, keep: int, finished: int = 0) -> None:
        """Takes up the rounds before number `finished`. Raises TrainingError if one cannot be read."""
        self._folder, self._keep = folder, keep
        numbers = sorted(int(found[1]) for file in folder.glob("*.npz") if (found := _NAME.fullmatch(file.name)))
        self._rounds = {number: _load(self._file(number)) for number in numbers if number < finished}

    @property
    def steps(self) -> int:
        """In all rounds."""
        return sum(len(one.samples) for one in self._rounds.values())

    @property
    def learn(self) -> Samples:
        """Steps to learn from."""
        return Samples.joined([one.samples.rows(~one.held) for one in self._rounds.values()])

    @property
    def validate(self) -> Samples:
        """Steps of other episodes; the same if there are no others."""
        others = Samples.joined([one.samples.rows(one.held) for one in self._rounds.values()])
        return others if len(others) else self.learn

    def add(self, number: int, lessons: Sequence[Lesson]) -> None:
        """Keep a round, and drop the oldest beyond the limit. Raises TrainingError if the disk refuses."""
        held = np.repeat(held_out(len(lessons)), [len(lesson.chunks) for lesson in lessons])
        self._rounds[number] = _Round(Samples.of(lessons), torch.from_numpy(held))
        _save(self._rounds[number], self._file(number))
        while len(self._rounds) > 1 and self.steps > self._keep:
            oldest = next(iter(self._rounds))
            del self._rounds[oldest]
            self._file(oldest).unlink()

    def _file(self, number: int) -> Path:
        return self._folder / f"round_{number:03d}.npz"


def _save(one: _Round, file: Path) -> None:
    columns: dict[str, NDArray[Any]] = {"chunks": one.samples.chunks.numpy(), "held": one.held.numpy()}
    columns |= {_INPUT + name: value.numpy() for name, value in one.samples.inputs.items()}
    with whole_file(file, TrainingError) as partial, partial.open("wb") as stream:
        np.savez(stream, **columns)  # type: ignore[arg-type]  # it takes `allow_pickle` among the arrays


def _load(file: Path) -> _Round:
    try:
        with np.load(file, allow_pickle=False) as archive:
            columns = {name: torch.from_numpy(archive[name]) for name in archive.files}
        inputs = {name.removeprefix(_INPUT): value for name, value in columns.items() if name.startswith(_INPUT)}
        return _Round(Samples(inputs, columns["chunks"]), columns["held"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{file} is damaged; delete the run's folder and begin anew") from error
