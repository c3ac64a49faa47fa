"""A planner of finger motion: sampled in a copy of the environment, and planned anew while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS
from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.tasks.base import Features

Array = NDArray[np.float64]
Score = Callable[[Features], Array]
"""How good it is to be where the features say, shape (N,)."""

_ARM = len(ARM_JOINTS)


@dataclass(frozen=True)
class PlannerConfig:
    """How far and how hard to search (cross-entropy method, de Boer et al. 2005)."""

    samples: int = 64
    elite: int = 8
    iterations: int = 2
    """Of sampling and refitting, before each move."""
    knots: int = 4
    """Postures ahead."""
    seconds: float = 0.3
    """From one posture to the next [s]."""
    spread: float = 0.3
    """Standard deviation of the first sample about the last plan [rad]."""


class HandPlanner:
    """Finds the next hand postures of one environment by trying samples of them in copies of it.

    The copies have the environment's object and state, but nominal parameters.
    """

    def __init__(self, env: DexEnv, index: int, score: Score, config: PlannerConfig, seed: int = 0) -> None:
        self._env, self._index, self._score, self._config = env, index, score, config
        objects = tuple(env.starter.object_names[index].values())
        self._copies = make_env(
            env.config.task, config.samples, seed, objects=objects, policy_rate=env.config.policy_rate
        )
        self._rng = np.random.default_rng(seed)
        limits = env.cell.limits
        self._lower, self._upper = limits.lower[_ARM:], limits.upper[_ARM:]
        self._plan = np.tile(env.target[index, _ARM:], (config.knots, 1))

    def next_posture(self) -> Array:
        """The hand posture to go to in the next `seconds` [rad], shape (16,)."""
        config = self._config
        mean = np.concatenate([self._plan[1:], self._plan[-1:]])
        deviation = np.full_like(mean, config.spread)
        for _ in range(config.iterations):
            noise = self._rng.standard_normal((config.samples, *mean.shape))
            plans = np.clip(mean + deviation * noise, self._lower, self._upper)
            plans[0] = mean
            elite = plans[np.argsort(-self.scores(plans))[: config.elite]]
            mean, deviation = elite.mean(axis=0), elite.std(axis=0)
        self._plan = elite[0]
        posture: Array = self._plan[0]
        return posture

    def scores(self, plans: Array) -> Array:
        """How good plans are, hand postures of shape (samples, knots, 16): scores at the ends of their moves, summed.

        The robot moves as `Script` would move it.
        """
        copies, spec = self._copies, self._copies.action_spec
        self._copy_state()
        total = np.zeros(len(plans))
        goal = copies.target.copy()
        steps = round(self._config.seconds * copies.config.policy_rate)
        for knot in range(plans.shape[1]):
            begin = goal[:, _ARM:].copy()
            for step in range(1, steps + 1):
                time = step / steps
                goal[:, _ARM:] = begin + time * time * (3 - 2 * time) * (plans[:, knot] - begin)
                last = copies.target
                copies.target = spec.step(last, spec.toward(last, goal))
                copies.plant.advance(last, copies.target)
            unstable, _ = copies.sim.unstable()
            total += np.where(unstable, -np.inf, self._score(copies.task.features(copies.world)))
        return total

    def _copy_state(self) -> None:
        """Make every copy what the environment is now."""
        env, copies, index = self._env, self._copies, self._index
        copies.sim.batch.state[:] = env.sim.batch.state[index]
        copies.target = np.tile(env.target[index], (copies.num_envs, 1))
        copies.plant.shaper.reset(np.arange(copies.num_envs), copies.target)
        copies.world.difficulty[:] = env.world.difficulty[index]
        for name, start in env.world.start.items():
            copies.world.start[name][:] = start[index]
        for name, rows in env.world.memory.items():
            copies.world.memory[name][:] = rows[index]
