"""``sim films``: a film of every task and one contact sheet."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from dexsim2real_bringup.cli.sim_view import HOLD_SECONDS, film_with_progress, hold, scripted
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_sim.env import make_env
from dexsim2real_sim.scripted import SCRIPTS
from dexsim2real_sim.scripted.rollout import run_script
from dexsim2real_sim.tasks import TASKS
from dexsim2real_sim.video import Film
from dexsim2real_sim.video_sheet import contact_sheet, save_png

SEEDS = range(5)
"""Tried in turn until the scripted motion succeeds."""


def films(out: Path = Path("runs/films"), size: int = 960, json: Path | None = None) -> None:
    """Film a scripted rollout of every task, with the touch map, and put key frames on one contact sheet.

    Args:
        out: Folder for the films and the sheet.
        size: Width of the films [px].
        json: Write the table to this file as well.
    """
    console = Console()
    made: list[Film] = []
    rows: list[dict[str, Cell]] = []
    for task in TASKS:
        seed, note = choose_seed(task)
        console.print(f"{task}: seed {seed}{note}", markup=False, highlight=False, soft_wrap=True)
        env = make_env(task, seed=seed)
        env.reset()
        file = out / f"{task}.mp4"
        act, limit = (scripted(env), None) if task in SCRIPTS else (hold(), HOLD_SECONDS)
        film = film_with_progress(env, act, file, size, limit)
        made.append(film)
        rows.append({"task": task, "seed": seed, "outcome": film.outcome, "film": str(file)})
    sheet = out / "tasks.png"
    save_png(contact_sheet(made), sheet)
    show("Scripted rollouts", rows, json)
    console.print(f"contact sheet: {sheet}", markup=False, highlight=False, soft_wrap=True)


def choose_seed(task: str) -> tuple[int, str]:
    """The first seed with which the script of a task succeeds, and what happened with those before.

    The last one tried if none does, or if there is no script.
    """
    if task not in SCRIPTS:
        return SEEDS[0], " (no scripted motion: holds still)"
    failures = ""
    for seed in SEEDS:
        result = run_script(SCRIPTS[task], task, num_envs=1, seed=seed)
        if result.success[0]:
            return seed, failures
        failures += f"; with seed {seed} it failed: {result.reasons[0]}"
    return SEEDS[-1], failures
