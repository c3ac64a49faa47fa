"""Keeping time: whether a simulation keeps up with the clock, and what is due at which tick."""

from __future__ import annotations

from collections import deque


class Pace:
    """Compares ticks with the clock over the last few seconds."""

    def __init__(self, rate: float, window: float = 5.0) -> None:
        self._period = 1e9 / rate
        self._stamps: deque[int] = deque(maxlen=round(rate * window))
        self.late = 0
        """Ticks that came more than a whole period late."""

    def tick(self, now: int) -> None:
        """A tick happens at `now` [ns]."""
        if self._stamps and now - self._stamps[-1] > 2 * self._period:
            self.late += 1
        self._stamps.append(now)

    def factor(self, now: int) -> float:
        """Simulated over real time; 1 before there is anything to compare."""
        if len(self._stamps) < 2 or now == self._stamps[0]:
            return 1.0
        return (len(self._stamps) - 1) * self._period / (self._stamps[-1] - self._stamps[0])


class Periodic:
    """Says at which ticks something slower is due."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._count = -1

    def __call__(self, time: float) -> bool:
        """Whether it is due at `time` [s]; true once per period, at the first tick in it."""
        count = int(time * self._rate + 1e-9)
        due = count > self._count
        self._count = max(self._count, count)
        return due
