"""The planned expert at work under noise: demonstrations that show the way back as well as the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import UnknownNameError
from dexsim2real_dr.imitation.demonstrations import Episode
from dexsim2real_dr.imitation.lead import Lead
from dexsim2real_dr.imitation.planned import PLANNED
from dexsim2real_policy import Policy
from dexsim2real_sim import DexEnv
from dexsim2real_sim.scripted import SCRIPTS, Script

Array = NDArray[np.float64]


class Bursts:
    """Noise on actions that comes in bursts, so that it moves the robot and does not average out.

    A burst is one random direction kept for up to a third of a second; about half of the time there is none. How
    strong bursts are is drawn anew for every episode, up to `level`. After DART (Laskey et al. 2017).
    """

    LONGEST = 10
    """Steps."""

    def __init__(self, shape: tuple[int, int], level: float, rng: np.random.Generator) -> None:
        self._rng, self._level = rng, level
        self._noise = np.zeros(shape)
        self._left = np.zeros(shape[0], dtype=int)
        self._strength = np.zeros((shape[0], 1))
        self.reset(np.arange(shape[0]))

    def reset(self, ids: NDArray[np.intp]) -> None:
        """New episodes begin in these environments."""
        self._left[ids] = 0
        self._strength[ids, 0] = self._rng.uniform(0.0, self._level, len(ids))

    def draw(self) -> Array:
        """Noise for the next step, shape (N, joints)."""
        fresh = self._left == 0
        count = int(fresh.sum())
        self._left[fresh] = self._rng.integers(1, self.LONGEST + 1, count)
        on = self._rng.uniform(size=(count, 1)) < 0.5
        direction = self._rng.standard_normal((count, self._noise.shape[1]))
        self._noise[fresh] = on * self._strength[fresh] * direction
        self._left -= 1
        return self._noise.copy()


@dataclass
class _Diary:
    """What has been noted of the episode under way in one environment."""

    inputs: list[dict[str, NDArray[Any]]]
    target: list[Array]
    goal: list[Array]

    def close(self, reason: str) -> Episode:
        """The whole episode."""
        inputs = {name: np.stack([step[name] for step in self.inputs]) for name in self.inputs[0]}
        return Episode(inputs, np.array(self.target, np.float32), np.array(self.goal, np.float32), reason)


def make_expert(env: DexEnv, planned: bool) -> Script:
    """The script of the environment's task, or the one that plans its way to objects. Raises UnknownNameError."""
    experts = PLANNED if planned else SCRIPTS
    if env.task.name not in experts:
        raise UnknownNameError("task with a planned way", env.task.name, experts)
    return experts[env.task.name](env)


def demonstrate(
    env: DexEnv, noise: float, seed: int, planned: bool = False, student: Policy | None = None
) -> Iterator[Episode]:
    """Episodes of the task's expert in the order in which they end, failed ones too, without end.

    `noise` is the largest standard deviation of the noise, in actions of full scale 1. A student leads for a while in
    every episode; only what the expert then does is noted.
    """
    observation, _ = env.reset(seed=seed)
    script = make_expert(env, planned)
    bursts = Bursts(env.target.shape, noise, np.random.default_rng([seed, 4]))
    lead = Lead(student, env, np.random.default_rng([seed, 5]))
    diaries = [_Diary([], [], []) for _ in range(env.num_envs)]
    while True:
        for i in lead.hand_over():
            script.begin(i)
        actions = script.act()
        for i in np.flatnonzero(~lead.leads):
            diaries[i].inputs.append({name: value[i].copy() for name, value in observation.items()})
            diaries[i].target.append(env.target[i].copy())
            diaries[i].goal.append(script.targets[i].copy())
        observation, _, _, _, info = env.step(lead.act(actions + bursts.draw()))
        ended = np.asarray(info.get("final_ids", ()), dtype=np.intp)
        for i, reason in zip(ended, info.get("final_reasons", ()), strict=True):
            if diaries[i].target:
                yield diaries[i].close(reason)
            diaries[i] = _Diary([], [], [])
        bursts.reset(ended)
        lead.restart(ended)
