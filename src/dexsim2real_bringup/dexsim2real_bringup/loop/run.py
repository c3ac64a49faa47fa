"""Runs the steps of a loop one after the other, each as a process of its own, and skips what is done."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from dexsim2real_bringup.cli.tables import make_folder, write_text
from dexsim2real_bringup.loop.step import Record, Records, Step
from dexsim2real_bringup.processes import leash
from dexsim2real_description import DexSim2RealError

COMMANDS = "commands.sh"
"""The command lines of all steps, for a person to read or repeat."""
PROGRAM = (sys.executable, "-m", "dexsim2real_bringup.cli")
"""What runs a step, before its words."""
_LOCK = ".lock"


@dataclass(frozen=True)
class Outcome:
    """A step that is done."""

    step: Step
    seconds: float
    """How long it took when it ran."""
    skipped: bool
    """It had been done before."""


class StepFailedError(DexSim2RealError):
    """A command of the loop ended with an error, which it has printed."""


def run_steps(steps: Sequence[Step], folder: Path, console: Console) -> list[Outcome]:
    """Do all steps; what was made before, from the same inputs by the same command, is kept.

    A step that was interrupted goes on with what it had left behind if its command can do that, else it begins anew.

    Raises StepFailedError for the first step that fails, KeyboardInterrupt after Ctrl-C.
    """
    records = Records(folder / "steps")
    write_text(folder / COMMANDS, "#!/bin/sh\nset -e\n" + "".join(f"{step.command}\n" for step in steps))
    outcomes = []
    with _alone_in(folder) as lock:
        for number, step in enumerate(steps, 1):
            console.rule(f"{number}/{len(steps)}  {step.name}", align="left")
            console.print(f"{step.why}\n$ {step.command}", markup=False, highlight=False, soft_wrap=True)
            outcomes.append(_do(step, records, console, lock))
    return outcomes


@contextmanager
def _alone_in(folder: Path) -> Iterator[int]:
    """Holds the folder for this process and the steps that get the file descriptor.

    Raises DexSim2RealError if another loop, or a step that one has left behind, is at work there.
    """
    with (folder / _LOCK).open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DexSim2RealError(
                f"another loop is at work in {folder}; wait for it, or choose another --out"
            ) from error
        yield opened.fileno()


def _do(step: Step, records: Records, console: Console, lock: int) -> Outcome:
    fresh = Record.of(step)
    found = records.find(step, fresh)
    if found is not None and found.seconds is not None and all(path.exists() for path in step.outputs):
        console.print("done before, from the same inputs")
        return Outcome(step, found.seconds, skipped=True)
    if not step.resumes or found is None:  # what is there is half done, or made from something else
        for path in step.outputs:
            _remove(path)
    for path in step.outputs:
        make_folder(path.parent)
    records.save(step, fresh)
    began = time.monotonic()
    _run(step, lock)
    seconds = time.monotonic() - began
    if missing := [str(path) for path in step.outputs if not path.exists()]:
        raise StepFailedError(f"step {step.name!r} ended well but did not make {', '.join(missing)}; please report it")
    records.save(step, replace(fresh, seconds=seconds))
    console.print(f"{seconds:.0f} s")
    return Outcome(step, seconds, skipped=False)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _run(step: Step, lock: int) -> None:
    """Ctrl-C reaches the command too: it ends by itself and keeps what it has, and is waited for.

    If we are killed, it is killed too: nothing may go on writing where the next loop does.
    """
    process = subprocess.Popen([*leash("KILL"), *PROGRAM, *step.words], pass_fds=(lock,))
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise
    if status:
        raise StepFailedError(
            f"step {step.name!r} failed with status {status}; mend what its message says, then start the loop again: "
            "it goes on from here"
        )
