"""``dexsim2real evaluate``: seeded trials of a policy in simulation or on a twin."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import tyro
from rich.console import Console

from dexsim2real_audit.evaluation import (
    Driver,
    PolicyDriver,
    ScriptDriver,
    TrialResult,
    begin_trials,
    run_trials,
    success_rate,
    wanted,
)
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.evaluate_tables import failure_rows, result_rows, stop_rows
from dexsim2real_bringup.cli.tables import show, write_json
from dexsim2real_bringup.gated_trials import GatedTrials
from dexsim2real_description import DexSim2RealError
from dexsim2real_policy import load_policy
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.builtin import ANY_TASK
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import DexEnv, ParameterSampler, Twin, Uniform, load_randomization
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.video import film_episode

FILM_WIDTH = 720
"""[px]"""
SCRIPT = "script"
"""In place of an artifact: the task's scripted motion."""


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
    gate: bool = False,
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
        gate: behind the safety gate, as on the robot, at the rates of the live graph; one trial after the other.
        videos: film this many of the failed trials, which are done again for that.
        out: folder for the films.
        json: write every trial to this file too.
    """
    if trials < 1 or seeds < 1:
        raise DexSim2RealError(f"{seeds} seeds of {trials} trials make no evaluation; use 1 or more of both")
    if videos < 0:
        raise DexSim2RealError(f"videos is {videos}; choose 0 or more")
    folder, task = _find(artifact, task)
    config = EnvConfig(task, trials, objects=objects, difficulty=difficulty, arm=arm, hand=hand, touch=touch)
    stand_in = None if twin is None else Twin.named(twin)
    sampler = _sampler(parameters) if stand_in is None else None
    where = f"twin {twin}" if twin is not None else f"simulation, {parameters} parameters"
    title = f"{artifact} on {task}, {objects} objects, {where}{', behind the safety gate' * gate}"
    if gate:
        if folder is None or videos:
            what = "--videos films trials" if videos else "a script is followed"
            raise DexSim2RealError(f"{what} only without the safety gate; leave out --gate")
        _show(title, _run_gated(GatedTrials(artifact, config, stand_in, sampler), range(seeds), trials), json)
    else:
        env = _environment(folder, config, stand_in, sampler)
        driver = ScriptDriver(env) if folder is None else _policy(folder, env)
        results = _run(env, driver, range(seeds))
        _show(title, results, json)
        _film(env, driver, [result for result in results if not result.success][:videos], out)


def _find(artifact: str, task: str | None) -> tuple[Path | None, str]:
    """The policy's folder, None for the script, and the task."""
    if artifact == SCRIPT:
        if task is None:
            raise DexSim2RealError("a script needs a task; say --task NAME")
        return None, task
    folder = policy_folder(artifact)
    learned = read_contract(folder).task
    if task not in (None, learned) and learned != ANY_TASK:
        raise DexSim2RealError(f"the policy is one for task {learned}, not {task}; leave out --task, or name another")
    return folder, task or learned


def _environment(folder: Path | None, config: EnvConfig, twin: Twin | None, sampler: ParameterSampler | None) -> DexEnv:
    """A cell for each trial, with the rate and the images that the policy wants."""
    if folder is not None:
        config = replace(config, **wanted(read_contract(folder)))
    return DexEnv(config, sampler, twin)


def _policy(folder: Path, env: DexEnv) -> PolicyDriver:
    return PolicyDriver(load_policy(folder, env.observation_spec, env.action_spec), env)


def _sampler(parameters: str) -> ParameterSampler | None:
    if parameters == "nominal":
        return None
    return Uniform() if parameters == "uniform" else load_randomization(Path(parameters)).distribution


def _run(env: DexEnv, driver: Driver, seeds: range) -> list[TrialResult]:
    """All trials of all seeds, those of a seed side by side."""
    results: list[TrialResult] = []
    with Bar("trials", len(seeds) * env.num_envs) as bar:
        for seed in seeds:
            results += run_trials(env, driver, seed, partial(_note, bar, seed, len(results)))
    return results


def _run_gated(cell: GatedTrials, seeds: range, trials: int) -> list[TrialResult]:
    """The same trials behind the safety gate, one after the other."""
    results: list[TrialResult] = []
    with closing(cell), Bar("trials", len(seeds) * trials) as bar:
        for seed in seeds:
            for number in range(trials):
                results.append(cell.run(seed, number))
                _note(bar, seed, 0, len(results))
    return results


def _show(title: str, results: list[TrialResult], json: Path | None) -> None:
    show(title, result_rows(results))
    if stops := stop_rows(results):
        show("Stopped by the safety gate", stops)
    if failures := [result for result in results if not result.success]:
        show("Failures", failure_rows(failures))
    if json is not None:
        rate = success_rate(results)
        write_json(json, {"title": title, "success": asdict(rate), "trials": [asdict(result) for result in results]})


def _note(bar: Bar, seed: int, before: int, done: int) -> None:
    bar.update(before + done, doing=f"trials, seed {seed}")


def _film(env: DexEnv, driver: Driver, failures: list[TrialResult], folder: Path) -> None:
    """Failed trials again, each beside the other trials of its seed so that everything is as it was."""
    for failure in failures:
        file = folder / f"{env.task.name}_seed{failure.seed}_trial{failure.number}.mp4"
        begin_trials(env, driver, failure.seed)
        film = film_episode(env, driver.act, file, FILM_WIDTH, index=failure.number)
        Console().print(f"{file}: {film.outcome}", markup=False, highlight=False, soft_wrap=True)
