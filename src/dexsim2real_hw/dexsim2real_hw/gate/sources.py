"""Age and rate of one input of the gate."""

from __future__ import annotations

from collections import deque

from dexsim2real_hw.gate.chunk import NANOSECONDS
from dexsim2real_hw.gate.config import InputBounds
from dexsim2real_hw.gate.readings import Reading, RejectedError, at_least, at_most

_RATE_SECONDS = 1.0
"""The rate is taken over as many messages as the lowest allowed rate brings in this time."""


class Source:
    """Remembers when an input came, and refuses stamps that cannot be right."""

    def __init__(self, name: str, bounds: InputBounds, stamp_ahead: float) -> None:
        self.name = name
        self.accepted = 0
        self._bounds = bounds
        self._stamp_ahead = stamp_ahead
        self._stamp_ns: int | None = None
        self._received_ns: deque[int] = deque(maxlen=max(2, round(bounds.rate * _RATE_SECONDS)))

    def check(self, stamp_ns: int, now_ns: int) -> None:
        """Raises RejectedError for a stamp that is old, in the future, or not after the one before."""
        delay = (now_ns - stamp_ns) * NANOSECONDS
        for reading in (
            at_most("delay", self.name, delay, self._bounds.delay),
            at_most("stamp_ahead", self.name, -delay, self._stamp_ahead),
        ):
            if reading.fired:
                raise RejectedError(reading)
        if self._stamp_ns is not None and stamp_ns <= self._stamp_ns:
            step = (stamp_ns - self._stamp_ns) * NANOSECONDS
            raise RejectedError(Reading("stamp_order", self.name, step, 0.0, step or -NANOSECONDS))

    def accept(self, stamp_ns: int, now_ns: int) -> None:
        """Count a message that is used."""
        self.accepted += 1
        self._stamp_ns = stamp_ns
        self._received_ns.append(now_ns)

    def readings(self, now_ns: int) -> list[Reading]:
        """Age, and rate once enough messages have come."""
        rate = self.rate(now_ns)
        return [self.age(now_ns)] if rate is None else [self.age(now_ns), rate]

    def age(self, now_ns: int) -> Reading:
        """Time since the last message came; infinite before the first."""
        age = (now_ns - self._received_ns[-1]) * NANOSECONDS if self._received_ns else float("inf")
        return at_most("age", self.name, age, self._bounds.age)

    def rate(self, now_ns: int) -> Reading | None:
        """The rate over the last messages; None until there are enough of them."""
        received = self._received_ns
        if len(received) < (received.maxlen or 0):
            return None
        elapsed = max(now_ns - received[0], 1) * NANOSECONDS
        return at_least("rate", self.name, len(received) / elapsed, self._bounds.rate)
