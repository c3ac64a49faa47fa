"""``loop`` and ``demo``: from pictures of a robot to the ledger, each step a command that can be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console

from dexsim2real_bringup.cli.confirm import confirm
from dexsim2real_bringup.cli.doctor import doctor
from dexsim2real_bringup.cli.tables import show
from dexsim2real_bringup.doctor.check import DoctorOptions
from dexsim2real_bringup.loop.plan import (
    FULL,
    SHORT,
    Budget,
    LoopOptions,
    Round,
    evaluations,
    first_round,
    next_round,
    randomise,
    round_steps,
)
from dexsim2real_bringup.loop.run import Outcome, run_steps
from dexsim2real_bringup.loop.story import save_story, success_table, where
from dexsim2real_dr.training.shipped import shipped_checkpoint
from dexsim2real_policy.shipped import shipped_policy

BUDGETS: dict[str, Budget] = {"short": SHORT, "full": FULL}


def loop(
    options: Annotated[LoopOptions, tyro.conf.arg(name="")] = LoopOptions(rounds=3),  # noqa: B008  (frozen)
    budget: Literal["short", "full"] = "full",
    out: Path = Path("runs/loop"),
    json: Path | None = None,
) -> None:
    """Randomise, train, deploy, record, audit; then again under what the audit found.

    Every step is a command, written to OUT/commands.sh. What is done already, from the same inputs, is not done again:
    after an interruption of any kind the same command goes on. With --real, a person stands by the robot: the command
    asks before it begins, and the trials ask again before anything moves.

    Args:
        options: what to do.
        budget: short takes minutes, full takes hours.
        out: folder for everything.
        json: write the table of success and gap per round to this file as well.
    """
    console = Console(highlight=False)
    if options.on_hardware:
        trials = options.rounds * BUDGETS[budget].live_trials
        confirm(
            f"After each training the robot at {options.robot.robot_ip} will move, in {trials} trials.", options.yes
        )
    rounds, outcomes, before = _do_rounds(options, BUDGETS[budget], out, console)
    show(f"Success, in simulation and {where(options)}", success_table(options, before, rounds), json)
    story = out / "index.html"
    console.print(save_story(story, options, before, rounds, outcomes), markup=False)
    console.print(f"the whole story: {story.resolve()}", markup=False, soft_wrap=True)


def demo(out: Path = Path("runs/demo")) -> int:
    """Show the whole loop on this machine: a short round against a simulated robot that nobody has measured.

    Args:
        out: folder for everything that is made.
    """
    if status := doctor(DoctorOptions(folder=out)):
        return status
    loop(LoopOptions(), "short", out)
    return 0


def _do_rounds(
    options: LoopOptions, budget: Budget, out: Path, console: Console
) -> tuple[list[Round], list[Outcome], Path]:
    """All rounds; returns them, all that was done, and the folder of the first policy's evaluations."""
    before, shipped = out / "before", shipped_policy(options.task)
    steps = randomise(options, budget, out)
    if shipped is not None and not options.on_hardware:
        steps += evaluations("shipped policy", options, budget, shipped, before)
    this, start = first_round(out), options.start_from or shipped_checkpoint(options.task)
    rounds, outcomes = [], []
    while True:
        steps += round_steps(options, budget, this, start)
        outcomes = run_steps(steps, out, console)
        rounds.append(this)
        if len(rounds) == options.rounds:
            return rounds, outcomes, before
        start, this = this.folder / "train" / "checkpoint.pt", next_round(this)
