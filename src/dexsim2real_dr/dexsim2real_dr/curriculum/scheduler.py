"""How hard the episodes of a skill are made: raised by a step whenever the policy succeeds often enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.errors import CurriculumError

Array = NDArray[np.float64]
Ids = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class SchedulerConfig:
    """When difficulty is raised, and by how much."""

    step: float = 0.05
    """Added to the difficulty when it is raised; in (0, 1]."""
    promotion: float = 0.7
    """Share of a window's episodes that must succeed; in (0, 1]."""
    window: int = 128
    """Episodes that are counted before it is decided."""
    rehearsal: float = 0.25
    """Share of episodes that begin at a lower difficulty, drawn uniformly; they are not counted."""
    start: float = 0.0
    """Difficulty in the beginning; 0 is the easiest, 1 the task itself."""

    def __post_init__(self) -> None:
        """Raises CurriculumError for a number out of its range."""
        if not (
            0 < self.step <= 1 and 0 < self.promotion <= 1 and self.window >= 1 and 0 <= self.rehearsal < 1
        ) or not (0 <= self.start <= 1):
            raise CurriculumError(
                f"step {self.step:g}, promotion {self.promotion:g}, window {self.window}, rehearsal "
                f"{self.rehearsal:g}, start {self.start:g}; expected step and promotion in (0, 1], a window of 1 or "
                "more, rehearsal in [0, 1), start in [0, 1]"
            )


FLAT = SchedulerConfig(start=1.0, rehearsal=0.0)
"""No curriculum: every episode is the task itself."""


class DifficultyScheduler:
    """Difficulty d of one skill: d <- min(1, d + step) when the success rate of a window reaches the threshold.

    That is equation 9 of DexSim2Real (arXiv 2605.05241) as we read it; d never falls. A window is the first
    `window` episodes that begin at d, all of them: if those that end first were counted, quick successes would crowd
    out failures, which last until the time is up. It closes as soon as its verdict is certain, so nobody waits for
    the stragglers of a success; after a failed window the next one opens.
    """

    def __init__(self, num_envs: int, config: SchedulerConfig | None = None, seed: int = 0) -> None:
        self.config = config or SchedulerConfig()
        self.difficulty = self.config.start
        """In [0, 1]."""
        self.rate: float | None = None
        """Share of successes in the last window that closed at this difficulty; None until one has."""
        self._rng = np.random.default_rng(seed)
        self._counted: Flags = np.zeros(num_envs, dtype=bool)
        """Whether the running episode belongs to the open window, shape (N,)."""
        self._open_window()

    def draw(self, count: int) -> Array:
        """Difficulties of coming episodes, shape (count,): d, but for the share that rehearses."""
        easier = self._rng.uniform(0.0, self.difficulty, count)
        rehearses = self._rng.uniform(size=count) < self.config.rehearsal
        drawn: Array = np.where(rehearses, easier, self.difficulty)
        return drawn

    def begin(self, ids: Ids, difficulty: Array) -> None:
        """Note that environments have begun episodes of this skill at these difficulties, shape (k,).

        An episode under way there, if it never ended, counts no more.
        """
        self._begun -= int(self._counted[ids].sum())
        self._counted[ids] = False
        room = self.config.window - self._begun
        fresh = ids[difficulty == self.difficulty][:room]
        self._counted[fresh] = True
        self._begun += len(fresh)

    def end(self, ids: Ids, success: Flags) -> bool:
        """Note how episodes of this skill ended, shape (k,); returns whether the difficulty was raised."""
        counted = self._counted[ids]
        self._counted[ids] = False
        self._successes += int((counted & success).sum())
        self._failures += int((counted & ~success).sum())
        needed = math.ceil(self.config.promotion * self.config.window - 1e-9)
        passed = self._successes >= needed
        if not passed and self._failures <= self.config.window - needed:
            return False
        self.rate = self._successes / (self._successes + self._failures)
        self._open_window()
        if not passed or self.difficulty >= 1.0:
            return False
        higher = self.difficulty + self.config.step
        self.difficulty = 1.0 if higher > 1.0 - 1e-9 else higher  # ten steps of 0.1 add up to less than 1
        self.rate = None
        return True

    def reached(self, rate: float) -> bool:
        """Whether so many episodes succeeded at the full difficulty, in the last window that closed."""
        return self.difficulty >= 1.0 and self.rate is not None and self.rate >= rate

    def state_dict(self) -> dict[str, Any]:
        """What a later run needs to go on, JSON types only; the open window is not in it, since episodes start anew."""
        return {"difficulty": self.difficulty, "rate": self.rate, "random": self._rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        self.difficulty, self.rate = state["difficulty"], state["rate"]
        self._rng.bit_generator.state = state["random"]
        self._open_window()

    def _open_window(self) -> None:
        self._begun = self._successes = self._failures = 0
        self._counted[:] = False
