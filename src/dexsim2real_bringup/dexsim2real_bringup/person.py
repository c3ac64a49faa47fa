"""A person at the terminal who can be told things and whose answers are never waited for in vain."""

from __future__ import annotations

import os
import select
import sys
import termios

from rich.console import Console

_CHUNK = 4096
"""Read at once [bytes]."""


class Person:
    """Lines that somebody types, or that are piped in."""

    def __init__(self, source: int | None = None) -> None:
        """`source` is the file descriptor that lines come from; standard input if None."""
        self._source = sys.stdin.fileno() if source is None else source
        self._typed = b""
        self.gone = False
        """Nobody will type any more: the end of the input."""

    def say(self, what: str) -> None:
        """Show a line."""
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(what)

    def forget(self) -> None:
        """Drop what was typed before it was asked for; what is piped in waits for its question."""
        if os.isatty(self._source):
            termios.tcflush(self._source, termios.TCIFLUSH)
            self._typed = b""

    def line(self) -> str | None:
        """The next line without its end; None if there is none yet. Does not wait."""
        while not self.gone and b"\n" not in self._typed and select.select([self._source], [], [], 0)[0]:
            got = os.read(self._source, _CHUNK)
            self._typed += got
            self.gone = not got
        text, end, rest = self._typed.partition(b"\n")
        if not end:
            return None
        self._typed = rest
        return text.decode(errors="replace").strip()
