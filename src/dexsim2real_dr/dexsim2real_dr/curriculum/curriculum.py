"""What a trainer sees of a curriculum: it chooses how the coming episodes of an environment begin."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.curriculum.scheduler import DifficultyScheduler, SchedulerConfig
from dexsim2real_sim.env import DexEnv

Ids = NDArray[np.intp]
Flags = NDArray[np.bool_]


class Curriculum(ABC):
    """Belongs to one environment. Call `restart` in place of `env.reset` and `record` after every step."""

    def __init__(self, env: DexEnv) -> None:
        self.env = env
        self._all = np.arange(env.num_envs)

    def restart(self, seed: int | None = None) -> dict[str, NDArray[Any]]:
        """Begin every episode anew, as the curriculum has it now; returns the observations."""
        self._prepare(self._all)
        observations, _ = self.env.reset(seed=seed)
        self._begun(self._all)
        return observations

    @abstractmethod
    def record(self, ids: Ids, success: Flags) -> None:
        """Note that the episodes of these environments ended in the last step, and how, shape (k,)."""

    @abstractmethod
    def _prepare(self, ids: Ids) -> None:
        """Choose how the coming episodes of these environments begin."""

    @abstractmethod
    def _begun(self, ids: Ids) -> None:
        """Note that these environments have begun an episode."""

    @abstractmethod
    def progress(self) -> dict[str, float]:
        """Numbers worth a curve, by name."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """All that a later run needs to go on."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`; `restart` follows."""


class DifficultyCurriculum(Curriculum):
    """The whole task, made harder step by step; with the settings `FLAT` the task itself from the beginning."""

    def __init__(self, env: DexEnv, config: SchedulerConfig | None = None, seed: int = 0) -> None:
        super().__init__(env)
        self.scheduler = DifficultyScheduler(env.num_envs, config, seed)

    def record(self, ids: Ids, success: Flags) -> None:
        """Raise the difficulty once enough episodes succeeded."""
        raised = self.scheduler.end(ids, success)
        self._begun(ids)
        self._prepare(self._all if raised else ids)

    def _prepare(self, ids: Ids) -> None:
        self.env.difficulty[ids] = self.scheduler.draw(len(ids))

    def _begun(self, ids: Ids) -> None:
        self.scheduler.begin(ids, self.env.world.difficulty[ids])

    def progress(self) -> dict[str, float]:
        """The difficulty, and the success rate of the last window at it."""
        rate = self.scheduler.rate
        return {"difficulty": self.scheduler.difficulty} | ({} if rate is None else {"success_rate": rate})

    def state_dict(self) -> dict[str, Any]:
        """That of the scheduler."""
        return self.scheduler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        self.scheduler.load_state_dict(state)
