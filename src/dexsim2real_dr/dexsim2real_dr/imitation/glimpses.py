"""Moments of many episodes beside whole ones: what a scene looks like is learned from many scenes."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from dexsim2real_dr.imitation.samples import Lesson
from dexsim2real_sim import DexEnv

SECONDS = 0.3
"""How long one lasts [s]."""


def glimpses(env: DexEnv, lessons: Iterator[Lesson], seed: int) -> Generator[Lesson, None, None]:
    """`lessons` in that environment, but broken off after a moment and begun at any difficulty of the task.

    Steps of one episode show one scene hundreds of times, and a student who has seen a hundred scenes knows each by
    heart and none that is new. Easier starts are those further along the task, so that hands are seen everywhere.
    The environment is as it was when this generator is closed.
    """
    rng, limit, difficulty = np.random.default_rng([seed, 5]), env.time_limit, env.difficulty.copy()
    env.time_limit = SECONDS
    try:
        while True:
            env.difficulty[:] = rng.uniform(size=env.num_envs)
            yield next(lessons)
    finally:
        env.time_limit = limit
        env.difficulty[:] = difficulty
