"""How fast the environment is, as ratios against references measured in the same run."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from dexsim2real_description import JOINTS
from dexsim2real_sim.env import DexEnv, make_env

ROUNDS = 5
"""Measurements of each method, in turn, so that a machine that changes speed slows all alike."""
MOTION = 32
"""Most policy steps that bare physics repeats at a time."""
LARGEST_POOL = 64
"""Most processes for Gymnasium's pool; each holds an interpreter of some 150 MB."""

Row = dict[str, str | int | float | None]


def bench_physics(task: str, num_envs: Sequence[int], seconds: float) -> Iterator[Row]:
    """Rows with environment steps per second, bare physics, Gymnasium's AsyncVectorEnv, and memory."""
    for count in num_envs:
        before = _resident()
        env = make_env(task, num_envs=count)
        env.reset()
        rng = np.random.default_rng(0)
        for _ in range(10):
            env.step(_random_actions(rng, count))
        memory = _resident() - before
        pair, pool = EnvAndPhysics(env, rng), _async_pool(task, count)
        rounds: list[tuple[float, float, float]] = []
        for _ in range(ROUNDS):
            rates = pair.rates(seconds / ROUNDS)
            rounds.append((*rates, _rate(pool, rng, count, seconds / ROUNDS)))
        if pool is not None:
            pool.close()
        env_rate, physics_rate, pool_rate = np.median(rounds, axis=0).tolist()
        yield {
            "envs": count,
            "env steps/s": round(env_rate),
            "physics steps/s": round(physics_rate),
            "env/physics": float(np.median([env / physics for env, physics, _ in rounds])),
            "env/Async": env_rate / pool_rate if pool is not None else None,
            "KiB per env": round(memory / 1024 / count),
        }


def _random_actions(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    return rng.uniform(-1.0, 1.0, (count, len(JOINTS))).astype(np.float32)


class EnvAndPhysics:
    """An environment, and `mujoco.batch` alone that goes through the very motion that the environment has just made.

    Same models, states and servo commands, so that contacts cost the same; nothing is read or judged. They take turns
    of MOTION steps, or fewer where an episode ends, after which the models are others.
    """

    def __init__(self, env: DexEnv, rng: np.random.Generator) -> None:
        self._env, self._rng = env, rng
        self.physics = Batch(env.sim.model, nsim=env.num_envs)
        """Where it has come to."""
        env.plant.fields.copy_to(self.physics, np.arange(env.num_envs))
        self._commands: list[NDArray[np.float64]] = []
        self._advance, env.sim.advance = env.sim.advance, self._listen  # type: ignore[method-assign]

    def _listen(self, commands: NDArray[np.float64]) -> None:
        self._commands.append(commands.copy())
        self._advance(commands)

    def rates(self, seconds: float) -> tuple[float, float]:
        """Environment steps per second of the environment and of physics alone, for so long together."""
        times, steps = np.zeros(2), 0
        while times.sum() < seconds:
            *turn, count = self.turn()
            times += turn
            steps += count * self._env.num_envs
        env_rate, physics_rate = (steps / times).tolist()
        return env_rate, physics_rate

    def turn(self) -> tuple[float, float, int]:
        """Seconds that the environment and physics alone took for some steps, and how many these were."""
        env, physics = self._env, self.physics
        actions = [_random_actions(self._rng, env.num_envs) for _ in range(MOTION)]
        start = env.sim.batch.state.copy()
        self._commands.clear()
        ended = np.zeros(0, int)
        begin = time.perf_counter()
        for action in actions:
            *_, info = env.step(action)
            if "final_ids" in info:
                ended = info["final_ids"]
                break
        env_time = time.perf_counter() - begin
        physics.state[:] = start
        begin = time.perf_counter()
        for commands in self._commands:
            physics.rollout(commands.shape[1], commands, record=())
        physics_time = time.perf_counter() - begin
        env.plant.fields.copy_to(physics, ended)
        return env_time, physics_time, len(self._commands)


def _async_pool(task: str, count: int) -> gym.vector.AsyncVectorEnv | None:
    """Gymnasium's process pool over single environments, none where the processes would not fit.

    They are forked from a process that has imported all this and runs no threads: forked from this one, whose physics
    does, now and then one crashes.
    """
    if count > LARGEST_POOL:
        return None
    multiprocessing.set_forkserver_preload([__name__])
    return gym.vector.AsyncVectorEnv([partial(SingleEnv, task)] * count, context="forkserver")


Observation = dict[str, Any]


class SingleEnv(gym.Env[Observation, Any]):
    """One environment as Gymnasium's pool wants it."""

    def __init__(self, task: str) -> None:
        self._env = make_env(task, threads=1)
        self.observation_space = self._env.single_observation_space
        self.action_space = self._env.single_action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start anew."""
        observation, _ = self._env.reset(seed=seed)
        return {name: value[0] for name, value in observation.items()}, {}

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Advance one step."""
        observation, reward, terminated, truncated, _ = self._env.step(action[None])
        single = {name: value[0] for name, value in observation.items()}
        return single, float(reward[0]), bool(terminated[0]), bool(truncated[0]), {}


def _rate(pool: gym.vector.AsyncVectorEnv | None, rng: np.random.Generator, count: int, seconds: float) -> float:
    """Environment steps per second of Gymnasium's pool; not a number without one."""
    if pool is None:
        return float("nan")
    begin, steps = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - begin) < seconds:
        pool.step(_random_actions(rng, count))
        steps += count
    return steps / elapsed


def _resident() -> int:
    """Memory of this process [bytes]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
