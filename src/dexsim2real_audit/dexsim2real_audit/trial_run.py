"""Running the trials of a plan in simulation or on a twin: the same starts for every method, verdicts by the task.

Trials of one method, training seed and condition run side by side. Verdicts are written after each such group, so an
interrupted run goes on where it was; nothing that is shown while it runs tells the methods apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.evaluation import Driver, PolicyDriver, ScriptDriver, run_episode, wanted
from dexsim2real_audit.trial_plan import Plan, Secret, Trial
from dexsim2real_audit.verdicts import SIMULATOR, TWIN, file_of, read_verdicts, write_verdicts
from dexsim2real_description import DexSim2RealError
from dexsim2real_policy import load_policy
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import DexEnv, ParameterSampler, Twin, Uniform, make_env, names_of
from dexsim2real_sim.tasks.base import AREA_CENTRE, upright

Array = NDArray[np.float64]

SCRIPT = "script"
"""In place of an artifact: the task's scripted motion."""
FACTORS: Mapping[str, tuple[str, ...]] = {
    "base": (),
    "background": ("background",),
    "lighting": ("lighting",),
    "distractor": ("distractors",),
    "object": (),
}
"""What a condition draws from its manual ranges, whatever else is drawn; the condition `object` brings unseen ones."""


@dataclass(frozen=True)
class RunConfig:
    """Where the trials run."""

    twin: Twin | None = None
    """The robot's stand-in; without it, the simulation."""
    sampler: ParameterSampler | None = None
    """What the simulation's parameters are drawn from; nominal without it."""
    batch: int = 50
    """Trials side by side."""
    difficulty: float = 1.0
    time_limit: float | None = None
    """Of a trial [s]; None as the task has it."""


def run_plan(
    folder: Path, policies: Mapping[str, str], config: RunConfig, progress: Callable[[int, int], None]
) -> dict[str, bool]:
    """Run all trials of the plan in `folder` that have no verdict yet; returns the verdicts, by trial.

    `policies` gives each method's artifact folder, in which `{seed}` stands for the training seed, the name of a
    shipped policy, or `script`.
    `progress` is told how many trials are judged, and of how many. Raises DexSim2RealError for a method without a
    policy or one that was not planned, and for an artifact that does not fit; verdicts so far stay.
    """
    plan = Plan.load(folder)
    _check_methods(plan, policies)
    names = [trial.name for trial in plan.trials]
    file = file_of(folder, SIMULATOR if config.twin is None else TWIN)
    verdicts = read_verdicts(file, names) if file.exists() else {}
    progress(len(verdicts), len(names))
    for secret, trials in _groups(plan):
        for first in range(0, len(trials), config.batch):
            part = trials[first : first + config.batch]
            if all(trial.name in verdicts for trial in part):
                continue
            source = policies[secret.method].replace("{seed}", str(secret.seed))
            won = _run_group(plan.task, source, part, _seed_of(secret, part[0], first), config)
            verdicts |= {trial.name: bool(good) for trial, good in zip(part, won, strict=True)}
            write_verdicts(file, verdicts)
            progress(len(verdicts), len(names))
    return verdicts


def _check_methods(plan: Plan, policies: Mapping[str, str]) -> None:
    planned = {secret.method for secret in plan.key.values()}
    if planned != set(policies):
        raise DexSim2RealError(
            f"the plan has the methods {', '.join(sorted(planned))}; policies are given for "
            f"{', '.join(sorted(policies)) or 'none'}. Give one for each: --policies METHOD=FOLDER"
        )


def _groups(plan: Plan) -> Iterator[tuple[Secret, list[Trial]]]:
    """Trials of one method, seed and condition, in an order that is the same for every method."""
    groups: dict[tuple[str, int, str], list[Trial]] = {}
    for trial in plan.trials:
        secret = plan.key[trial.name]
        groups.setdefault((secret.method, secret.seed, trial.condition), []).append(trial)
    for (method, seed, _), trials in groups.items():
        yield Secret(method, seed), sorted(trials, key=lambda trial: (trial.x, trial.y, trial.yaw))


def _seed_of(secret: Secret, trial: Trial, first: int) -> int:
    """Of everything that is drawn in a group: the same for every method."""
    return 100_000 * (list(FACTORS).index(trial.condition) + 1) + 1000 * secret.seed + first


def _run_group(task: str, source: str, trials: Sequence[Trial], seed: int, config: RunConfig) -> NDArray[np.bool_]:
    """Which trials succeeded, shape (trials,)."""
    env = _environment(task, source, trials[0].condition, len(trials), seed, config)
    try:
        driver: Driver = (
            ScriptDriver(env)
            if source == SCRIPT
            else PolicyDriver(load_policy(policy_folder(source), env.observation_spec, env.action_spec), env)
        )
        env.reset(seed=seed)
        place(env, trials)
        driver.restart(np.ones(env.num_envs, dtype=bool))
        return np.array([end.success for end in run_episode(env, driver, seed)])
    finally:
        env.close()


def _environment(task: str, source: str, condition: str, count: int, seed: int, config: RunConfig) -> DexEnv:
    """A cell for each trial, under its condition, with the rate and the images that the policy wants."""
    factors = FACTORS[condition]
    drawn = Uniform(names_of(factors)) if factors else None
    twin = config.twin
    if twin is not None and drawn is not None:
        values = drawn.sample(np.random.default_rng(seed), 1)[0]
        twin = replace(twin, values={**twin.values, **dict(zip(drawn.names, values.tolist(), strict=True))})
    seen: dict[str, Any] = {"difficulty": config.difficulty, "time_limit": config.time_limit}
    if source != SCRIPT:
        seen |= wanted(read_contract(policy_folder(source)))
    sampler = None if twin is not None else _beside(config.sampler, drawn)
    return make_env(
        task, count, seed, sampler=sampler, twin=twin, objects="unseen" if condition == "object" else "seen", **seen
    )


def _beside(sampler: ParameterSampler | None, drawn: Uniform | None) -> ParameterSampler | None:
    """What a condition draws, in place of what `sampler` says of it."""
    if sampler is None or drawn is None:
        return drawn if sampler is None else sampler
    return _Overruled(sampler, drawn)


class _Overruled:
    """A sampler of which some columns are drawn by another."""

    def __init__(self, sampler: ParameterSampler, drawn: Uniform) -> None:
        self._sampler, self._drawn = sampler, drawn
        self._kept = [i for i, name in enumerate(sampler.names) if name not in drawn.names]
        self.names = (*(sampler.names[i] for i in self._kept), *drawn.names)

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        rows = self._sampler.sample(rng, count)[:, self._kept]
        return np.concatenate([rows, self._drawn.sample(rng, count)], axis=1)


def place(env: DexEnv, trials: Sequence[Trial]) -> bool:
    """Put the object of each environment where its trial wants it, and say whether that is possible.

    It is for tasks with one body that begins on the table in the area. Others keep what their seed draws, which is
    the same for every method.
    """
    bodies = list(env.world.start)
    slots = [slot.name for slot in env.task.slots]
    if len(bodies) != 1 or bodies != slots:
        return False
    body = bodies[0]
    height = env.world.table_height + env.world.half[body][:, 2]
    if np.any(np.abs(env.world.start[body][:, 2] - height) > _STANDING):
        return False
    poses = np.stack(
        [
            upright(float(AREA_CENTRE[0]) + trial.x, float(AREA_CENTRE[1]) + trial.y, float(z), trial.yaw)
            for trial, z in zip(trials, height, strict=True)
        ]
    )
    env.world.start[body][:] = poses
    ids = np.arange(env.num_envs)
    env.sim.pose(body)[:] = poses
    env.sim.forward(ids)
    env.features = env.task.features(env.world)
    return True


_STANDING = 0.005
"""A body this close to where it would stand does [m]."""
