"""Steps to learn from: inputs, and the chunk of actions that someone who can would take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dexsim2real_description.observation import Inputs

_HELD_OUT = 20
"""Of so many episodes, one is for validation."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """One episode with what should be done at each of its S steps."""

    inputs: Inputs
    """As the environment observed them, each (S, ...)."""
    chunks: NDArray[np.float32]
    """Actions, shape (S, H, 23)."""
    reason: str
    """Why the episode failed; empty for a success."""


@dataclass(frozen=True, eq=False)
class Samples:
    """S steps of many episodes."""

    inputs: dict[str, Tensor]
    """As the environment observed them, each (S, ...)."""
    chunks: Tensor
    """Actions, shape (S, H, 23)."""

    @classmethod
    def of(cls, lessons: Sequence[Lesson]) -> Samples:
        """The steps of lessons, one after another."""
        names = lessons[0].inputs
        inputs = {name: torch.from_numpy(np.concatenate([e.inputs[name] for e in lessons])) for name in names}
        return cls(inputs, torch.from_numpy(np.concatenate([lesson.chunks for lesson in lessons])))

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """All of them, one after another."""
        inputs = {name: torch.cat([part.inputs[name] for part in parts]) for name in parts[0].inputs}
        return cls(inputs, torch.cat([part.chunks for part in parts]))

    def __len__(self) -> int:
        return len(self.chunks)

    def rows(self, index: slice | Tensor) -> Samples:
        """Some of the steps."""
        return Samples({name: value[index] for name, value in self.inputs.items()}, self.chunks[index])

    def to(self, device: torch.device) -> Samples:
        """The same on a device."""
        return Samples({name: value.to(device) for name, value in self.inputs.items()}, self.chunks.to(device))

    def parts(self, size: int) -> Iterator[Samples]:
        """All steps in order, at most `size` at a time."""
        for begin in range(0, len(self), size):
            yield self.rows(slice(begin, begin + size))


def draw(parts: Sequence[Samples], count: int, generator: torch.Generator) -> Samples:
    """`count` steps at random of all parts together, with replacement; nothing else is copied."""
    ends = torch.tensor([len(part) for part in parts]).cumsum(0)
    index = torch.randint(int(ends[-1]), (count,), generator=generator)
    owner = torch.bucketize(index, ends, right=True)
    return Samples.joined([part.rows(index[owner == i] - ends[i] + len(part)) for i, part in enumerate(parts)])


def held_out(count: int) -> NDArray[np.bool_]:
    """Which of `count` episodes are for validation: one of so many, and of two at least one."""
    marks: NDArray[np.bool_] = np.arange(count) % _HELD_OUT == _HELD_OUT - 1
    if count > 1:
        marks[-1] = True
    return marks


def split(lessons: Sequence[Lesson]) -> tuple[Samples, Samples]:
    """What to learn from, and the episodes held out for validation; these are no steps if there is only one episode."""
    held = held_out(len(lessons))
    learn = Samples.of([lesson for lesson, out in zip(lessons, held, strict=True) if not out])
    others = [lesson for lesson, out in zip(lessons, held, strict=True) if out]
    return learn, Samples.of(others) if others else learn.rows(slice(0))
