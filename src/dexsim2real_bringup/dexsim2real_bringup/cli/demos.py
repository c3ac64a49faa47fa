"""``dexsim2real demos``: a planned expert's successful episodes, to learn from."""

from __future__ import annotations

from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dexsim2real_audit.statistics import wilson
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.imitation.demonstrations import Demonstrations, Episode
from dexsim2real_dr.imitation.expert import demonstrate
from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.sampler import make_sampler
from dexsim2real_sim import make_env


def demos(
    task: str,
    episodes: int,
    out: Path,
    noise: float = 0.6,
    envs: int = 16,
    seed: int = 0,
    randomization: Path | None = None,
    json: Path | None = None,
) -> None:
    """Record successful episodes of the task's planned expert, under noise and randomised parameters.

    Ctrl-C keeps what there is. If the file is there already, the command adds to it.

    Args:
        task: which.
        episodes: how many successes the file will hold.
        out: the file, .npz.
        noise: largest standard deviation of bursts of noise on the expert's actions; what is recorded is what the
            expert then does about it.
        envs: cells at work together.
        seed: of all that is random.
        randomization: file that parameters are drawn from; uniform over the manual ranges if not given.
        json: write the table to this file as well.
    """
    if episodes < 1 or envs < 1 or noise < 0:
        raise DexSim2RealError(f"{episodes} episodes of {envs} cells with noise {noise:g}: use positive numbers")
    before = Demonstrations.load(out) if out.exists() else None
    if before is not None and (before.task, before.seed, before.noise) != (task, seed, noise):
        raise DexSim2RealError(
            f"{out} holds task {before.task}, seed {before.seed}, noise {before.noise:g}; choose another file"
        )
    kept, tried = _record(task, episodes, noise, envs, seed, randomization, before)
    if not kept:
        raise DexSim2RealError(f"no episode of {tried} succeeded; use less noise than {noise:g}")
    Demonstrations(task, tried, seed, noise, tuple(kept)).save(out)
    rate = wilson(len(kept), tried)
    row: dict[str, Cell] = {
        "task": task,
        "episodes": len(kept),
        "steps": sum(map(len, kept)),
        "expert's success": rate.value,
        "from": rate.low,
        "to": rate.high,
    }
    show(f"Wrote {out}; noise up to {noise:g}", [row], json)


def _record(
    task: str, episodes: int, noise: float, envs: int, seed: int, randomization: Path | None,
    before: Demonstrations | None,
) -> tuple[list[Episode], int]:  # fmt: skip
    """Successful episodes, and how many were tried for them."""
    kept, tried = ([], 0) if before is None else (list(before.episodes), before.tried)
    env = make_env(task, envs, sampler=make_sampler(TrainConfig(task, randomization=randomization)), threads=1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task(task, total=episodes, completed=len(kept))
        try:
            for episode in demonstrate(env, noise, seed + 7919 * tried):
                if len(kept) >= episodes:
                    break
                tried += 1
                if not episode.reason:
                    kept.append(episode)
                progress.update(bar, completed=len(kept), description=f"{task}, {tried} tried")
        except KeyboardInterrupt:
            pass  # what there is will be kept
    return kept, tried
