"""Rates and ages of topics, from message bytes alone."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field

import numpy as np

WINDOW = 5.0
"""Over which rates and ages are taken [s]."""
_STAMP = struct.Struct("<iI")
_ENCAPSULATION = 4
"""Bytes before a serialised message's first field, which is the stamp where the message begins with a header."""


def header_stamp(message: bytes) -> int | None:
    """The stamp [ns] of a serialised message that begins with a header; None if it is too short or zero."""
    if len(message) < _ENCAPSULATION + _STAMP.size:
        return None
    seconds, nanoseconds = _STAMP.unpack_from(message, _ENCAPSULATION)
    stamp = int(seconds) * 10**9 + int(nanoseconds)
    return stamp or None


@dataclass
class TopicMeter:
    """What was seen of one topic."""

    count: int = 0
    arrivals: deque[float] = field(default_factory=deque)
    ages: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def see(self, now: float, age: float | None) -> None:
        """A message arrived at `now` [s], `age` [s] after its stamp."""
        self.count += 1
        self.arrivals.append(now)
        while self.arrivals[0] < now - WINDOW:
            self.arrivals.popleft()
        if age is not None:
            self.ages.append(age)

    def rate(self, now: float) -> float:
        """Messages per second over the last window."""
        recent = [t for t in self.arrivals if t >= now - WINDOW]
        if len(recent) < 2 or now - recent[-1] > WINDOW:
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])

    def age_ms(self, quantile: float) -> float | None:
        """Age of messages at arrival [ms]."""
        return float(np.quantile(self.ages, quantile)) * 1e3 if self.ages else None
