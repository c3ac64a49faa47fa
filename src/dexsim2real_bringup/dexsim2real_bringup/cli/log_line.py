"""Lines of a log about how far work has come, where nothing can be drawn anew: one a minute at most."""

from __future__ import annotations

import time

from rich.console import Console

_FIRST, _EVERY = 5.0, 60.0
"""The first line comes after so long, for work that takes longer [s]."""


class LogLine:
    """The line of one piece of work."""

    def __init__(self, console: Console) -> None:
        self._console, self._said = console, time.monotonic() - _EVERY + _FIRST

    def say(self, text: str) -> None:
        """Print the line if the last one is long enough ago."""
        if time.monotonic() - self._said >= _EVERY:
            self._said = time.monotonic()
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
