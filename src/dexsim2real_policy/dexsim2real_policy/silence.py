"""Which streams have fallen silent: judged by when messages come, not by what their stamps say. No clock, no ROS."""

from __future__ import annotations

from collections.abc import Iterable


class Silence:
    """Counts regular looks at streams in which nothing came.

    Looks and not seconds are counted, so that a program that is itself kept from running, and whose messages wait
    meanwhile, does not take its own absence for theirs.
    """

    def __init__(self, streams: Iterable[str], limit: float, period: float) -> None:
        """Silent is what gives nothing for `limit` [s]; a look is taken every `period` [s]."""
        self._limit, self._period = limit, period
        self._looks: dict[str, int | None] = dict.fromkeys(streams)

    def heard(self, stream: str) -> None:
        """A message came."""
        self._looks[stream] = 0

    def look(self) -> str:
        """Take a look: which stream is silent, for how long, or nothing. A stream counts from its first message on."""
        words = ""
        for stream, looks in self._looks.items():
            if looks is None:
                continue
            self._looks[stream] = looks + 1
            silent = (looks + 1) * self._period
            if silent > self._limit + 1e-9 and not words:
                words = f"{stream}: silent for {silent:.2f} s, limit {self._limit:g} s"
        return words
