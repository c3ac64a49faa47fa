"""Seeded trials of a policy on a simulated cell or a twin: one episode each, all of them counted.

The trials of a seed run side by side, one environment each. An environment that has finished its trial goes on with
episodes that nobody counts, so quick episodes weigh no more than long ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.statistics import Interval, wilson
from dexsim2real_policy import Policy
from dexsim2real_policy.contract import Contract
from dexsim2real_sim import DexEnv
from dexsim2real_sim.scripted import SCRIPTS

Array = NDArray[np.float64]
FIRST_SEED = 10_000
"""Added to the seeds of trials, so that they are not those of a training."""


@dataclass(frozen=True)
class TrialResult:
    """How one trial ended."""

    seed: int
    number: int
    """Of the trial among those of its seed, from 0."""
    object: str
    """What was to be manipulated; empty for a task whose objects are fixed."""
    success: bool
    seconds: float
    reason: str
    """Why it failed; empty for a success."""


def wanted(contract: Contract) -> dict[str, Any]:
    """What a policy wants of its cells, as options of `make_env`: its rate, and images if it sees."""
    spec = contract.observation
    return {"policy_rate": contract.action.rate, "image_size": spec.image_size if spec.cameras else None}


class Driver(Protocol):
    """What moves the robots of a batch."""

    def act(self) -> Array:
        """Actions of the next step, shape (N, 23)."""

    def restart(self, ended: NDArray[np.bool_]) -> None:
        """Note that these environments have begun a new episode, shape (N,)."""


class PolicyDriver:
    """A policy from an artifact, asked as often as it wants to be."""

    def __init__(self, policy: Policy, env: DexEnv) -> None:
        policy.reset()
        self._policy, self._env = policy, env
        self._chunk: Array = np.zeros((0, 0, 0))
        self._step = 0

    def act(self) -> Array:
        """Follow the newest chunk; a policy that observes less often than it acts is asked every so many steps."""
        stride = self._policy.contract.stride
        if self._step % stride == 0:
            self._chunk = self._policy.act(self._env.sensor_values()).positions
        goal = self._chunk[:, self._step % stride]
        self._step += 1
        return self._env.action_spec.toward(self._env.target, goal)

    def restart(self, ended: NDArray[np.bool_]) -> None:
        """Forget what belongs to the episodes before."""
        self._policy.reset(ended)


class ScriptDriver:
    """The scripted motion of a task."""

    def __init__(self, env: DexEnv) -> None:
        self._script = SCRIPTS[env.task.name](env)

    def act(self) -> Array:
        """The next step of the motion."""
        return self._script.act()

    def restart(self, ended: NDArray[np.bool_]) -> None:
        """The script sees for itself that an episode is new."""


def begin_trials(env: DexEnv, driver: Driver, seed: int) -> None:
    """Reset for the trials of a seed, one in each environment."""
    env.reset(seed=FIRST_SEED + seed)
    driver.restart(np.ones(env.num_envs, dtype=bool))


def run_trials(
    env: DexEnv, driver: Driver, seed: int, progress: Callable[[int], None] = lambda done: None
) -> list[TrialResult]:
    """One trial in each environment; `progress` is told how many are done."""
    begin_trials(env, driver, seed)
    return run_episode(env, driver, seed, progress)


def run_episode(
    env: DexEnv, driver: Driver, seed: int, progress: Callable[[int], None] = lambda done: None
) -> list[TrialResult]:
    """The present episode of each environment, which has just begun, to its end; `seed` is only noted."""
    objects = [" and ".join(names.values()) for names in env.starter.object_names]
    found: dict[int, TrialResult] = {}
    while len(found) < env.num_envs:
        steps = env.steps + 1
        _, _, terminated, truncated, info = env.step(driver.act())
        for i, reason in zip(info.get("final_ids", ()), info.get("final_reasons", ()), strict=True):
            if i not in found:
                seconds = float(steps[i]) / env.config.policy_rate
                found[i] = TrialResult(seed, int(i), objects[i], bool(info["success"][i]), seconds, reason)
        if (terminated | truncated).any():
            driver.restart(terminated | truncated)
            progress(len(found))
    return [found[i] for i in range(env.num_envs)]


def success_rate(results: Iterable[TrialResult]) -> Interval:
    """Share of successes with Wilson's interval."""
    outcomes = [result.success for result in results]
    return wilson(sum(outcomes), len(outcomes))
