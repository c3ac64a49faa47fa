"""Who a student learns from: the planned expert, or a policy that is asked about every state the student visits."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.observation import Inputs
from dexsim2real_dr.imitation.demonstrations import chunks_of
from dexsim2real_dr.imitation.expert import Bursts, demonstrate
from dexsim2real_dr.imitation.samples import Lesson
from dexsim2real_policy import Policy, load_policy
from dexsim2real_sim import DexEnv

Array = NDArray[np.float64]
Student = Callable[[Inputs], Array]
"""Actions (N, 23) from observations; keeps nothing from step to step."""

_TURN = 30
"""Steps, about, after which it is drawn anew who drives."""


@dataclass(frozen=True)
class LessonConfig:
    """How lessons go."""

    chunk: int
    """Length of the chunks that are taught."""
    noise: float
    """Largest standard deviation of the noise on the teacher's actions."""


class Teacher(Protocol):
    """Someone who shows how it is done."""

    def check(self, env: DexEnv) -> None:
        """Raises DexSim2RealError if it cannot teach in that environment."""
        ...

    def lessons(self, env: DexEnv, student: Student | None, share: float, seed: int) -> Generator[Lesson, None, None]:
        """Episodes without end, driven by the teacher for a `share` of the time and else by the student."""
        ...


@dataclass(frozen=True)
class Specialist:
    """A teacher, and the objects that it is asked about."""

    teacher: Teacher
    objects: str | tuple[str, ...] = "seen"
    """As in EnvConfig."""


class ExpertTeacher:
    """The task's script. It goes by a plan, so it cannot say what to do where it would not be: it always drives."""

    def __init__(self, config: LessonConfig) -> None:
        self._config = config

    def check(self, env: DexEnv) -> None:
        """Every task has a script."""

    def lessons(self, env: DexEnv, student: Student | None, share: float, seed: int) -> Generator[Lesson, None, None]:
        """Demonstrations under noise, which show the way back."""
        for episode in demonstrate(env, self._config.noise, seed):
            chunks = chunks_of(episode, self._config.chunk, env.action_spec)
            yield Lesson(episode.inputs, chunks, episode.reason)


class PolicyTeacher:
    """A policy from an artifact; it may see what the student does not."""

    def __init__(self, artifact: Path, config: LessonConfig) -> None:
        self._artifact, self._config = artifact, config

    def check(self, env: DexEnv) -> None:
        """Raises PolicyError, or ContractMismatchError if the policy does not fit the environment."""
        self._policy(env)

    def _policy(self, env: DexEnv) -> Policy:
        return load_policy(self._artifact, env.observation_spec, env.action_spec)

    def lessons(self, env: DexEnv, student: Student | None, share: float, seed: int) -> Generator[Lesson, None, None]:
        """DAgger (Ross et al. 2011): what the teacher would do in every state, whoever drove there.

        Teacher and student take turns of about a second. Raises ContractMismatchError if the policy does not fit the
        environment.
        """
        policy = self._policy(env)
        observation, _ = env.reset(seed=seed)
        rng = np.random.default_rng([seed, 4])
        bursts = Bursts(env.target.shape, self._config.noise, rng)
        teaching = np.ones(env.num_envs, dtype=bool)
        notes: list[list[tuple[Inputs, Array]]] = [[] for _ in range(env.num_envs)]
        while True:
            advice = _actions(env, policy.propose(env.sensor_values()))
            for i, steps in enumerate(notes):
                steps.append(({name: value[i].copy() for name, value in observation.items()}, advice[i]))
            turn = rng.uniform(size=env.num_envs) < 1 / _TURN
            teaching[turn] = rng.uniform(size=int(turn.sum())) < share
            taught = advice[:, 0] + bursts.draw()
            actions = taught if student is None else np.where(teaching[:, None], taught, student(observation))
            observation, _, _, _, info = env.step(actions)
            for i, reason in zip(info.get("final_ids", ()), info.get("final_reasons", ()), strict=True):
                yield _close(notes[i], self._config.chunk, reason)
                notes[i], teaching[i] = [], True
            bursts.reset(np.asarray(info.get("final_ids", ()), dtype=np.intp))


def _actions(env: DexEnv, positions: Array) -> Array:
    """The steps between joint targets in force and a chunk of targets [rad], both (N, H, 23)."""
    before = np.concatenate([env.target[:, None], positions[:, :-1]], axis=1)
    return env.action_spec.toward(before, positions)


def _close(steps: list[tuple[Inputs, Array]], length: int, reason: str) -> Lesson:
    inputs = {name: np.stack([step[name] for step, _ in steps]) for name in steps[0][0]}
    return Lesson(inputs, lengthen(np.array([advice for _, advice in steps]), length), reason)


def lengthen(advice: Array, length: int) -> NDArray[np.float32]:
    """Chunks of `length` actions from shorter or longer ones at S successive steps, shape (S, any, 23).

    Beyond its end a chunk goes on with what the teacher said last of the steps that came; the last advice of an
    episode is kept up.
    """
    known = min(length, advice.shape[1])
    steps = np.arange(len(advice))[:, None] + np.maximum(np.arange(length) - known + 1, 0)
    column = np.minimum(np.arange(length), known - 1)
    chunks: NDArray[np.float32] = advice[np.minimum(steps, len(advice) - 1), column].astype(np.float32)
    return chunks
