"""``dexsim2real sim view``: a film of one episode."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import tyro
from rich.console import Console

from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_description import JOINTS, DexSim2RealError, UnknownNameError
from dexsim2real_sim.env import DexEnv, make_env
from dexsim2real_sim.scripted import SCRIPTS
from dexsim2real_sim.video import Act, Film, film_episode

SMALLEST = 160
"""Width of pictures on which something can be seen [px]."""
HOLD_SECONDS = 3.0
"""How long a film of a robot that does nothing lasts [s]."""


def view(
    task: tyro.conf.Positional[str],
    /,
    out: Path | None = None,
    seed: int = 0,
    difficulty: float = 1.0,
    policy: Literal["script", "hold"] = "script",
    size: int = 960,
    meshes: bool = False,
) -> None:
    """Write a film of one episode: the cell, both cameras, touch.

    Args:
        task: One of the tasks that `dexsim2real tasks` lists.
        out: The mp4 file; runs/view/TASK.mp4 if not given.
        seed: Of the episode.
        difficulty: From 0, the easiest start, to 1, the task itself.
        policy: The task's scripted motion, or hold still.
        size: Width of the pictures [px].
        meshes: Show meshes instead of primitives; needs the package example-robot-data.
    """
    if size < SMALLEST:
        raise DexSim2RealError(f"pictures of {size} pixels show nothing; choose {SMALLEST} or more")
    file = out or Path("runs") / "view" / f"{task}.mp4"
    env = make_env(task, seed=seed, difficulty=difficulty, meshes=meshes)
    env.reset()  # as the scripts' own rollouts begin, so that a seed means the same episode
    act = hold() if policy == "hold" else scripted(env)
    limit = HOLD_SECONDS if policy == "hold" else None
    film = film_with_progress(env, act, file, size, limit)
    Console().print(f"{file}: {film.outcome}", markup=False, highlight=False, soft_wrap=True)


def scripted(env: DexEnv) -> Act:
    """The scripted motion of the environment's task. Raises UnknownNameError if it has none."""
    if env.task.name not in SCRIPTS:
        raise UnknownNameError("scripted motion", env.task.name, SCRIPTS)
    return SCRIPTS[env.task.name](env).act


def hold() -> Act:
    """Stays where it is."""
    still = np.zeros((1, len(JOINTS)))
    return lambda: still


def film_with_progress(env: DexEnv, act: Act, file: Path, size: int, limit: float | None = None) -> Film:
    """Film an episode while a bar says how far it is."""
    with Bar(f"filming {env.task.name}, frames") as bar:
        film = film_episode(env, act, file, size, limit, bar.update)
    env.close()
    return film
