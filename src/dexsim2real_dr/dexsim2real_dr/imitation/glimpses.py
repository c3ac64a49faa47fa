"""Moments of many episodes beside whole ones: what a scene looks like is learned from many scenes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice

import numpy as np

from dexsim2real_dr.imitation.samples import Lesson
from dexsim2real_sim import DexEnv
from dexsim2real_sim.snapshot import Snapshot

SECONDS = 0.3
"""How long one lasts [s]."""
_ASTRAY = 1.0
"""For how long at most the robot goes astray before one begins [s]."""


def glimpses(env: DexEnv, blind: DexEnv, lessons: Iterator[Lesson], seed: int) -> Generator[Lesson, None, None]:
    """`lessons` in that environment, but broken off after a moment and begun where the robot has gone astray.

    Steps of one episode show one scene hundreds of times, and a student who has seen a hundred scenes knows each by
    heart and none that is new. In episodes that go well the hand also tells where the object is, and a student who
    looks at the hand is lost as soon as it is beside the object. `blind` is the same environment without images, where
    the robot strays. When this generator is closed `env` is as it was, but for the episodes under way; `blind` is not.
    """
    rng, limit, difficulty = np.random.default_rng([seed, 5]), env.time_limit, env.difficulty.copy()
    env.time_limit = SECONDS
    try:
        while True:
            for number, start in enumerate(_astray(blind, rng)):
                env.starter.begin_from(number, start)
            env.difficulty[:] = blind.difficulty
            yield from islice(lessons, env.num_envs)
    finally:
        env.time_limit = limit
        env.difficulty[:] = difficulty
        for number in range(env.num_envs):
            env.starter.begin_from(number, None)


def _astray(env: DexEnv, rng: np.random.Generator) -> list[Snapshot]:
    """A state of every cell: new starts of any difficulty, after the robot went some random way for some time."""
    count, steps = env.num_envs, round(_ASTRAY * env.config.policy_rate)
    env.difficulty[:] = rng.uniform(size=count)
    env.reset(seed=int(rng.integers(2**31)))
    ways = (rng.uniform(size=(count, 1)) * rng.standard_normal(env.target.shape)).clip(-1.0, 1.0)
    ends = rng.integers(0, steps, count)
    found: dict[int, Snapshot] = {}
    for step in range(steps):
        found |= {number: env.snapshot(number) for number in np.flatnonzero(ends == step).tolist()}
        env.step(ways)
    return [found[number] for number in range(count)]
