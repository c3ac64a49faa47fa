"""What is asked before a real robot moves."""

from __future__ import annotations

import sys

from rich.console import Console

from dexsim2real_description import DexSim2RealError


def confirm(what: str, yes: bool) -> None:
    """Say what will move, and go on only if a person types yes; with `yes`, which is the option, nobody is asked.

    Raises DexSim2RealError where nobody is at the terminal, and for any other answer.
    """
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{what} Nobody within its reach, a hand on the user stop.")
    if yes:
        return
    if not sys.stdin.isatty():
        raise DexSim2RealError("nobody is there to confirm that a real robot may move; run it in a terminal, or --yes")
    if console.input("Type yes to move: ").strip() != "yes":
        raise DexSim2RealError("not confirmed; nothing was moved")
