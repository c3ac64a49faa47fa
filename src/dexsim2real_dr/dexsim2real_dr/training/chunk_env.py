"""Training in which an action is a whole chunk: what TVCAP decides, and what PPO judges."""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

from dexsim2real_description import JOINTS
from dexsim2real_dr.curriculum.curriculum import Curriculum
from dexsim2real_dr.training.vec_env import TrainingEnv


class ChunkEnv(TrainingEnv):
    """One step carries out a chunk of H actions, shape (N, H * 23), and returns their rewards, discounted, as one.

    So a decision is worth sum_i gamma^i r_i + gamma^H V(next), i < H, and generalised advantages over decisions are
    PPO's own with gamma^H in the place of gamma. If an episode ends within its chunk, the rest of the chunk is not
    carried out: the next episode waits, and is not counted, until the next decision.
    """

    def __init__(
        self, curriculum: Curriculum, reward_scale: float, device: torch.device, length: int, gamma: float
    ) -> None:
        super().__init__(curriculum, reward_scale, device)
        self.num_actions = length * len(JOINTS)
        self._length, self._gamma = length, gamma

    def step(self, actions: Tensor) -> tuple[TensorDict, Tensor, Tensor, dict[str, Any]]:
        """Carry out a chunk."""
        total = torch.zeros(self.num_envs, device=self.device)
        ended = torch.zeros(self.num_envs, dtype=torch.bool, device=self.device)
        late, weight = ended.clone(), 1.0
        for action in actions.unflatten(-1, (self._length, -1)).unbind(1):
            observation, reward, done, extras = super().step(action * ~ended[:, None])
            total += weight * reward * ~ended
            late |= extras["time_outs"] & ~ended
            ended |= done
            weight *= self._gamma
        return observation, total, ended, {"time_outs": late}
