"""How fast the environment is, as ratios against references measured in the same run."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from dexsim2real_sim.env import DexEnv, make_env

ROUNDS = 5
"""Measurements of each method, in turn, so that a machine that changes speed slows all alike."""
MOTION = 16
"""Policy steps of the motion that bare physics repeats."""
LARGEST_POOL = 64
"""Most processes for Gymnasium's pool; each holds an interpreter of some 150 MB."""

Row = dict[str, str | int | float | None]


def bench_physics(task: str, num_envs: Sequence[int], seconds: float) -> Iterator[Row]:
    """Rows with environment steps per second, bare physics, Gymnasium's AsyncVectorEnv, and memory."""
    for count in num_envs:
        before = _resident()
        env = make_env(task, num_envs=count)
        env.reset()
        actions = np.random.default_rng(0).uniform(-0.2, 0.2, (count, 23))
        for _ in range(10):
            env.step(actions)
        memory = _resident() - before
        methods: dict[str, Callable[[], Any]] = {
            "env": partial(env.step, actions),
            "physics": BarePhysics(env, actions).step,
        }
        pool = _async_pool(task, count)
        if pool is not None:
            methods["async"] = partial(pool.step, actions.astype(np.float32))
        rates = _rates(methods, count, seconds)
        if pool is not None:
            pool.close()
        yield {
            "envs": count,
            "env steps/s": round(rates["env"]),
            "physics steps/s": round(rates["physics"]),
            "env/physics": rates["env"] / rates["physics"],
            "env/Async": rates["env"] / rates["async"] if "async" in rates else None,
            "KiB per env": round(memory / 1024 / count),
        }


class BarePhysics:
    """`mujoco.batch` alone, through the very motion that the environment has just made, over and over.

    Same models, same states, same servo commands, so that contacts cost the same; nothing is read or judged.
    """

    def __init__(self, env: DexEnv, actions: NDArray[np.float64]) -> None:
        self._batch = Batch(env.sim.model, nsim=env.num_envs)
        env.plant.fields.copy_to(self._batch)
        self._start = env.sim.batch.state.copy()
        self._commands = _record_commands(env, actions)
        self._step = 0

    def step(self) -> None:
        """One policy step."""
        if self._step % MOTION == 0:
            self._batch.state[:] = self._start
        commands = self._commands[self._step % MOTION]
        self._batch.rollout(commands.shape[1], commands, record=())
        self._step += 1


def _record_commands(env: DexEnv, actions: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Servo commands of the next steps of the environment."""
    recorded: list[NDArray[np.float64]] = []
    advance = env.sim.advance

    def listen(commands: NDArray[np.float64]) -> None:
        recorded.append(commands.copy())
        advance(commands)

    env.sim.advance = listen  # type: ignore[method-assign]
    for _ in range(MOTION):
        env.step(actions)
    env.sim.advance = advance  # type: ignore[method-assign]
    return recorded


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


def _rates(methods: dict[str, Callable[[], Any]], count: int, seconds: float) -> dict[str, float]:
    """Median steps per second of each method over rounds taken in turn."""
    samples: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, step in methods.items():
            begin, steps = time.perf_counter(), 0
            while (elapsed := time.perf_counter() - begin) < seconds / ROUNDS:
                step()
                steps += count
            samples[name].append(steps / elapsed)
    return {name: float(np.median(rates)) for name, rates in samples.items()}


def _resident() -> int:
    """Memory of this process [bytes]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
