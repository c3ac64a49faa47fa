"""``dexsim2real demos``: a planned expert's successful episodes, to learn from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dexsim2real_audit.statistics import wilson
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.tables import Cell, check_writable, show
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.imitation.demonstrations import Demonstrations
from dexsim2real_dr.imitation.expert import demonstrate
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.sampler import make_sampler
from dexsim2real_policy import Policy, load_policy
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import DexEnv, make_env

_SAVE = 100
"""Successes between two times that the file is written."""


def demos(
    task: str,
    episodes: int,
    out: Path,
    noise: float = 0.6,
    planned: bool = False,
    student: str | None = None,
    objects: str = "seen",
    envs: int = 16,
    seed: int = 0,
    randomization: Path | None = None,
    json: Path | None = None,
) -> None:
    """Record successful episodes of the task's expert, under noise and randomised parameters.

    Ctrl-C keeps what there is. If the file is there already, the command adds to it.

    Args:
        task: which.
        episodes: how many successes the file will hold.
        out: the file, .npz.
        noise: largest standard deviation of bursts of noise on the expert's actions; what is recorded is what the
            expert then does about it.
        planned: the expert's way to the object is planned (mink, OMPL) and not straight.
        student: artifact of a policy, or the name of a shipped one, that leads for up to ten seconds of each episode
            before the expert takes over; only what the expert then does is recorded.
        objects: seen, unseen, all, or names with commas between.
        envs: cells at work together.
        seed: of all that is random.
        randomization: file that parameters are drawn from; uniform over the manual ranges if not given.
        json: write the table to this file as well.
    """
    if episodes < 1 or envs < 1 or noise < 0:
        raise DexSim2RealError(f"{episodes} episodes of {envs} cells with noise {noise:g}: use positive numbers")
    check_writable(out)
    leader = student or ""
    found = Demonstrations.load(out) if out.exists() else Demonstrations(task, 0, seed, noise, (), planned, leader)
    if (found.task, found.seed, found.noise, found.planned, found.student) != (task, seed, noise, planned, leader):
        raise DexSim2RealError(
            f"{out} holds demonstrations of {found.task}, seed {found.seed}, noise {found.noise:g}, "
            f"{'planned' if found.planned else 'not planned'}, {found.student or 'no student'}; choose another file"
        )
    chosen = tuple(objects.split(",")) if "," in objects else objects
    sampler = make_sampler(TrainConfig(task, randomization=randomization))
    env = make_env(task, envs, sampler=sampler, threads=1, objects=chosen)
    policy = None if student is None else load_policy(policy_folder(student), env.observation_spec, env.action_spec)
    result = _record(env, found, episodes, out, policy)
    if not result.episodes:
        raise DexSim2RealError(f"no episode of {result.tried} succeeded; use less noise than {noise:g}")
    result.save(out)
    rate = wilson(len(result.episodes), result.tried)
    row: dict[str, Cell] = {
        "task": task,
        "episodes": len(result.episodes),
        "steps": sum(map(len, result.episodes)),
        "expert's success": rate.value,
        "from": rate.low,
        "to": rate.high,
    }
    show(f"Wrote {out}; noise up to {noise:g}", [row], json)


def _record(env: DexEnv, found: Demonstrations, episodes: int, out: Path, student: Policy | None) -> Demonstrations:
    """What was found and what is now added to it; saved on the way, so that a kill does not lose all."""
    kept, tried = list(found.episodes), found.tried
    with Bar(found.task, episodes, len(kept)) as bar:
        seed = int(np.random.SeedSequence([found.seed, tried]).generate_state(1)[0])  # new episodes where it goes on
        try:
            for episode in demonstrate(env, found.noise, seed, found.planned, student):
                if len(kept) >= episodes:
                    break
                tried += 1
                if not episode.reason:
                    kept.append(episode)
                    if len(kept) % _SAVE == 0:
                        replace(found, tried=tried, episodes=tuple(kept)).save(out)
                bar.update(len(kept), doing=f"{found.task}, {tried} tried")
        except KeyboardInterrupt:
            pass  # what there is will be kept
    return replace(found, tried=tried, episodes=tuple(kept))
