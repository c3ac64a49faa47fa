"""Keeping time: which ticks are due, whether a simulation keeps up with the clock, and what is due at which tick."""

from __future__ import annotations

from collections import deque

TOUCH_RATE = 100.0
"""Touch readings per second [Hz]."""
SCENE_RATE = 30.0
"""Of the objects' poses, of what the cameras draw, and of looks at what has come of the task [Hz]."""
CATCH_UP = 4
"""Ticks that may be made up for at once; older ones are given up, so that a long stall is not played back."""


class Pace:
    """Ticks on an even grid of time; a late one is made up for, so that the rate is kept over seconds."""

    def __init__(self, rate: float, window: float = 5.0) -> None:
        self._period = 1e9 / rate
        self._begin: float | None = None
        self._done = 0
        self._stamps: deque[int] = deque(maxlen=round(rate * window))
        self.late = 0
        """Ticks that were made up for."""
        self.given_up = 0
        """Ticks that were not."""

    def due(self, now: int) -> int:
        """How many ticks to make at `now` [ns], at most CATCH_UP."""
        if self._begin is None:
            self._begin = now
        # to the nearest tick: the timer that asks is a little early or late each time
        owed = round((now - self._begin) / self._period) + 1 - self._done
        ticks = max(0, min(owed, CATCH_UP))
        if owed > CATCH_UP:
            self.given_up += owed - CATCH_UP
            self._begin += (owed - CATCH_UP) * self._period
        self._done += ticks
        self.late += max(0, ticks - 1)
        self._stamps.extend([now] * ticks)
        return ticks

    def lateness(self, now: int, ticks_left: int = 0) -> float:
        """How long before `now` [ns] the last tick was due, or one that many ticks before it [s]."""
        if self._begin is None:
            return 0.0
        return (now - self._begin - (self._done - 1 - ticks_left) * self._period) * 1e-9

    @property
    def factor(self) -> float:
        """Simulated over real time, over the last few seconds; 1 before there is anything to compare."""
        if len(self._stamps) < 2 or self._stamps[-1] == self._stamps[0]:
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
