"""The batched environment as rsl_rl wants it, with a curriculum that sets how hard its episodes are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rsl_rl.env import VecEnv
from tensordict import TensorDict
from torch import Tensor

from dexsim2real_description import JOINTS
from dexsim2real_dr.curriculum.curriculum import Curriculum


@dataclass(frozen=True)
class Episode:
    """One that has ended."""

    difficulty: float
    success: bool
    steps: int
    reward: float
    """Sum over the episode, unscaled."""
    reason: str
    """Why it failed; empty for a success."""


class TrainingEnv(VecEnv):
    """Steps the environment of a curriculum with torch tensors, and tells the curriculum how episodes end.

    Observation groups are the environment's inputs, each flattened: `proprioception` (N, 92), `touch` (N, 12 T),
    `features` (N, F).
    """

    def __init__(self, curriculum: Curriculum, reward_scale: float, device: torch.device) -> None:
        """Tensors are on `device`, and come from there."""
        self.curriculum, self.env = curriculum, curriculum.env
        env = self.env
        self.num_envs, self.num_actions = env.num_envs, len(JOINTS)
        self.max_episode_length = round(env.time_limit * env.config.policy_rate)
        self.device, self.cfg = str(device), env.config
        self.episodes: list[Episode] = []
        """Ended since they were last taken away."""
        self.seconds = 0.0
        """Spent in the environment alone."""
        self._scale = reward_scale
        self._returns = np.zeros(env.num_envs)
        self._observation: dict[str, NDArray[Any]] = {}

    @property
    def episode_length_buf(self) -> Tensor:
        """Steps since each episode began, shape (N,)."""
        return torch.from_numpy(self.env.steps)

    def restart(self, seed: int) -> None:
        """Begin new episodes everywhere; all that is random from here on follows from `seed`."""
        self._observation = self.curriculum.restart(seed)
        self._returns[:] = 0.0

    def get_observations(self) -> TensorDict:
        """The present observations."""
        return tensors(self._observation, self.device)

    def step(self, actions: Tensor) -> tuple[TensorDict, Tensor, Tensor, dict[str, Any]]:
        """Advance one step; ended episodes have been restarted in the observations."""
        begin = time.perf_counter()
        difficulty, steps = self.env.world.difficulty.copy(), self.env.steps + 1
        self._observation, reward, terminated, truncated, info = self.env.step(actions.cpu().numpy())
        self.seconds += time.perf_counter() - begin
        self._returns += reward
        done = terminated | truncated
        if done.any():
            self._close(np.flatnonzero(done), difficulty, steps, info)
        rewards, dones = torch.from_numpy(reward) * self._scale, torch.from_numpy(done)
        extras = {"time_outs": torch.from_numpy(truncated).to(self.device)}
        return self.get_observations(), rewards.to(self.device), dones.to(self.device), extras

    def _close(
        self, ids: NDArray[np.intp], difficulty: NDArray[np.float64], steps: NDArray[np.intp], info: dict[str, Any]
    ) -> None:
        """Take note of ended episodes and of those that have begun in their place."""
        success = info["success"][ids]
        for env, succeeded, reason in zip(ids, success, info["final_reasons"], strict=True):
            self.episodes.append(
                Episode(float(difficulty[env]), bool(succeeded), int(steps[env]), float(self._returns[env]), reason)
            )
        self._returns[ids] = 0.0
        self.curriculum.record(ids, success)


def tensors(observation: Mapping[str, NDArray[Any]], device: str = "cpu") -> TensorDict:
    """Observations of the environment as groups of tensors, one flat row per environment."""
    flat = {name: torch.from_numpy(value).flatten(1).to(device) for name, value in observation.items()}
    return TensorDict(flat, batch_size=[len(next(iter(flat.values())))])
