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
from dexsim2real_dr.imitation.samples import Lesson, Samples, split

_NAME = re.compile(r"round_(\d+)\.npz")
_CHUNKS = "chunks"
_INPUT = "input."


@dataclass(frozen=True, eq=False)
class _Round:
    learn: Samples
    validate: Samples
    """Steps of other episodes; none if there is only one episode."""

    def __len__(self) -> int:
        return len(self.learn) + len(self.validate)


class Rounds:
    """The rounds in a folder, together no more than about `keep` steps."""

    def __init__(self, folder: Path, keep: int, finished: int = 0) -> None:
        """Takes up the rounds before number `finished`. Raises TrainingError if one cannot be read or all are gone."""
        self._folder, self._keep = folder, keep
        numbers = sorted(int(found[1]) for file in folder.glob("*.npz") if (found := _NAME.fullmatch(file.name)))
        self._rounds = {number: _load(self._file(number)) for number in numbers if number < finished}
        if finished and not self._rounds:
            raise TrainingError(f"{folder} has no rounds left to go on from; delete the run's folder and begin anew")

    @property
    def steps(self) -> int:
        """In all rounds."""
        return sum(len(one) for one in self._rounds.values())

    @property
    def learn(self) -> list[Samples]:
        """Steps to learn from, by round."""
        return [one.learn for one in self._rounds.values()]

    @property
    def validate(self) -> list[Samples]:
        """Steps of other episodes, by round; the same if there are no others."""
        return [one.validate for one in self._rounds.values() if len(one.validate)] or self.learn

    def add(self, number: int, lessons: Sequence[Lesson]) -> None:
        """Keep a round, and drop the oldest beyond the limit. Raises TrainingError if the disk refuses."""
        self._rounds[number] = _Round(*split(lessons))
        _save(self._rounds[number], self._file(number))
        while len(self._rounds) > 1 and self.steps > self._keep:
            oldest = next(iter(self._rounds))
            del self._rounds[oldest]
            self._file(oldest).unlink()

    def _file(self, number: int) -> Path:
        return self._folder / f"round_{number:03d}.npz"


def _save(one: _Round, file: Path) -> None:
    columns: dict[str, NDArray[Any]] = {}
    for part, samples in (("learn.", one.learn), ("validate.", one.validate)):
        columns[part + _CHUNKS] = samples.chunks.numpy()
        columns |= {part + _INPUT + name: value.numpy() for name, value in samples.inputs.items()}
    with whole_file(file, TrainingError) as partial, partial.open("wb") as stream:
        np.savez(stream, **columns)  # type: ignore[arg-type]  # it takes `allow_pickle` among the arrays


def _load(file: Path) -> _Round:
    try:
        with np.load(file, allow_pickle=False) as archive:
            columns = {name: torch.from_numpy(archive[name]) for name in archive.files}
        return _Round(_part(columns, "learn."), _part(columns, "validate."))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{file} is damaged; delete the run's folder and begin anew") from error


def _part(columns: dict[str, torch.Tensor], part: str) -> Samples:
    prefix = part + _INPUT
    inputs = {name.removeprefix(prefix): value for name, value in columns.items() if name.startswith(prefix)}
    return Samples(inputs, columns[part + _CHUNKS])
