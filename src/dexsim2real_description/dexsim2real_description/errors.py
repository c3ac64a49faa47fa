"""The base error that every package of the project shares, and the wording of 'no such name'."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DexSim2RealError(Exception):
    """Base of every error that a user can cause and can mend.

    The message says what was wrong, what was expected and what to do next, in one line. The command line
    prints it without a traceback and exits with status 2.
    """


class UnknownNameError(DexSim2RealError, KeyError):
    """A name that is not one of a known set; the message lists the valid ones."""

    def __init__(self, kind: str, name: object, valid: Iterable[str]) -> None:
        names = sorted(valid)
        close = difflib.get_close_matches(str(name), names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        self.message = f"unknown {kind} {name!r}.{hint} Valid: {', '.join(names)}"
        super().__init__(self.message)

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return self.message
