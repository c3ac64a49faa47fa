"""``dexsim2real evaluate``: seeded trials of a policy in simulation or on a twin."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from dexsim2real_audit.evaluation import (
    Driver,
    PolicyDriver,
    ScriptDriver,
    TrialResult,
    begin_trials,
    run_trials,
    success_rate,
)
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_description import DexSim2RealError
from dexsim2real_policy import load_policy
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import DexEnv, ParameterSampler, Twin, Uniform, load_randomization, make_env
from dexsim2real_sim.video import film_episode

FILM_WIDTH = 720
"""[px]"""
SCRIPT = "script"
"""In place of an artifact: the task's scripted motion."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def evaluate(
    artifact: tyro.conf.Positional[str],
    /,
    task: str | None = None,
    trials: int = 50,
    seeds: int = 3,
    twin: str | None = None,
    objects: str = "seen",
    difficulty: float = 1.0,
    parameters: str = "uniform",
    arm: str = "panda",
    hand: str = "v4",
    touch: str = "grid15",
    videos: int = 0,
    out: Path = Path("runs/evaluate"),
    json: Path | None = None,
) -> None:
    """Count how often a policy succeeds, each trial one episode, with 95 % intervals and the reason of each failure.

    Args:
        artifact: the policy's folder; the name of one that comes with the package, such as pick_place; or `script`,
            the scripted motion of the task.
        task: on which; the policy's own if not given.
        trials: per seed.
        seeds: how many.
        twin: in place of the simulation: a twin's file, or its seed.
        objects: seen, unseen or all.
        difficulty: from 0, the easiest, to 1, the task itself.
        parameters: of the simulation: uniform over the manual ranges, nominal, or a randomization file.
        arm: of the robot, panda or fr3.
        hand: v4 or v5.
        touch: the fingertips' skin.
        videos: film this many of the failed trials, which are done again for that.
        out: folder for the films.
        json: write every trial to this file too.
    """
    if trials < 1 or seeds < 1:
        raise DexSim2RealError(f"{seeds} seeds of {trials} trials make no evaluation; use 1 or more of both")
    if not 0.0 <= difficulty <= 1.0:
        raise DexSim2RealError(f"difficulty is {difficulty:g}; it must be from 0 to 1")
    folder, task = _find(artifact, task)
    robot = {"arm": arm, "hand": hand, "touch": touch}
    env = _environment(folder, task, trials, twin, parameters, objects=objects, difficulty=difficulty, **robot)
    driver = ScriptDriver(env) if folder is None else _policy(folder, env)
    results = _run(env, driver, range(seeds))
    where = f"twin {twin}" if twin is not None else f"simulation, {parameters} parameters"
    title = f"{artifact} on {env.task.name}, {objects} objects, {where}"
    show(title, _rows(results))
    failures = [result for result in results if not result.success]
    if failures:
        show("Failures", _reasons(failures))
        _film(env, driver, failures[:videos], out)
    if json is not None:
        rate = success_rate(results)
        write_json(json, {"title": title, "success": asdict(rate), "trials": [asdict(result) for result in results]})


def _find(artifact: str, task: str | None) -> tuple[Path | None, str]:
    """The policy's folder, None for the script, and the task."""
    if artifact == SCRIPT:
        if task is None:
            raise DexSim2RealError("a script needs a task; say --task NAME")
        return None, task
    folder = policy_folder(artifact)
    return folder, task or read_contract(folder).task


def _environment(
    folder: Path | None, task: str, trials: int, twin: str | None, parameters: str, **options: Any
) -> DexEnv:
    """A cell for each trial, with the rate and the images that the policy wants."""
    if folder is not None:
        contract = read_contract(folder)
        spec = contract.observation
        options["policy_rate"] = contract.action.rate
        options["image_size"] = spec.image_size if spec.cameras else None
    stand_in = None if twin is None else Twin.named(twin)
    sampler = _sampler(parameters) if stand_in is None else None
    return make_env(task, trials, sampler=sampler, twin=stand_in, **options)


def _policy(folder: Path, env: DexEnv) -> PolicyDriver:
    return PolicyDriver(load_policy(folder, env.observation_spec, env.action_spec), env)


def _sampler(parameters: str) -> ParameterSampler | None:
    if parameters == "nominal":
        return None
    return Uniform() if parameters == "uniform" else load_randomization(Path(parameters)).distribution


def _run(env: DexEnv, driver: Driver, seeds: range) -> list[TrialResult]:
    """All trials of all seeds, with a bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    results: list[TrialResult] = []
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task("trials", total=len(seeds) * env.num_envs)
        for seed in seeds:
            progress.update(bar, description=f"seed {seed}")
            results += run_trials(env, driver, seed, partial(_note, progress, bar, len(results)))
    return results


def _note(progress: Progress, bar: TaskID, before: int, done: int) -> None:
    progress.update(bar, completed=before + done)


def _film(env: DexEnv, driver: Driver, failures: list[TrialResult], folder: Path) -> None:
    """Failed trials again, each beside the other trials of its seed so that everything is as it was."""
    for failure in failures:
        file = folder / f"{env.task.name}_seed{failure.seed}_trial{failure.number}.mp4"
        begin_trials(env, driver, failure.seed)
        film = film_episode(env, driver.act, file, FILM_WIDTH, index=failure.number)
        Console().print(f"{file}: {film.outcome}", markup=False, highlight=False, soft_wrap=True)


def _rows(results: list[TrialResult]) -> list[dict[str, Cell]]:
    """One per seed, and all together."""
    groups = {str(seed): [r for r in results if r.seed == seed] for seed in sorted({r.seed for r in results})}
    rows: list[dict[str, Cell]] = []
    for name, group in {**groups, "all": results}.items():
        rate, won = success_rate(group), [r.seconds for r in group if r.success]
        rows.append(
            {
                "seed": name,
                "successes": len(won),
                "trials": len(group),
                "rate": rate.value,
                "from": rate.low,
                "to": rate.high,
                "seconds of a success": sum(won) / len(won) if won else None,
            }
        )
    return rows


def _reasons(failures: list[TrialResult]) -> list[dict[str, Cell]]:
    """The kinds of failure, most frequent first, each with one example."""
    kinds = Counter(_NUMBER.sub("#", failure.reason) for failure in failures)
    examples = {_NUMBER.sub("#", failure.reason): failure for failure in reversed(failures)}
    return [
        {
            "times": count,
            "for example": examples[kind].reason,
            "seed": examples[kind].seed,
            "trial": examples[kind].number,
            "object": examples[kind].object,
        }
        for kind, count in kinds.most_common()
    ]
