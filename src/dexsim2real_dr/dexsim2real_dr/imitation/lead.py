"""A policy that leads for a while before the expert takes over, so that demonstrations begin where policies come to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_policy import Policy
from dexsim2real_sim import DexEnv

Array = NDArray[np.float64]
LONGEST = 10.0
"""How long a policy leads, at most [s]."""


class Lead:
    """Drives every environment from the start of its episode, for a time drawn anew each time.

    What DAgger (Ross et al. 2011) does step by step, for an expert that goes by a plan and so cannot say what to do
    in one step of somebody else's.
    """

    def __init__(self, policy: Policy | None, env: DexEnv, rng: np.random.Generator) -> None:
        """Without a policy nobody leads."""
        self._policy, self._env, self._rng = policy, env, rng
        self._until = np.zeros(env.num_envs)
        """Steps of the episode that the policy drives, shape (N,)."""
        self.leads = np.zeros(env.num_envs, dtype=bool)
        """Where the policy drives the next step, shape (N,)."""
        self.restart(np.arange(env.num_envs))

    def restart(self, ids: NDArray[np.intp]) -> None:
        """New episodes begin in these environments."""
        if self._policy is None:
            return
        ended = np.zeros(self._env.num_envs, dtype=bool)
        ended[ids] = True
        self._policy.reset(ended)
        self._until[ids] = self._rng.uniform(0.0, LONGEST * self._env.config.policy_rate, len(ids))
        self.leads[ids] = True

    def hand_over(self) -> NDArray[np.intp]:
        """Environments whose time is up and where the expert is to begin now."""
        now: NDArray[np.intp] = np.flatnonzero(self.leads & (self._env.steps >= self._until))
        self.leads[now] = False
        return now

    def act(self, expert: Array) -> Array:
        """Actions of the next step, shape (N, 23): the expert's where it drives."""
        if self._policy is None:
            return expert
        goal = self._policy.act(self._env.sensor_values(), steps=1).positions[:, 0]
        return np.where(self.leads[:, None], self._env.action_spec.toward(self._env.target, goal), expert)
