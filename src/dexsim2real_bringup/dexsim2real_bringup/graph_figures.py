"""Losses and ages of a graph from the stamps and times of arrival of its messages. No ROS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """What was heard of one topic, both on the system's clock [ns], shape (n,)."""

    stamps: Times
    arrivals: Times

    def between(self, after: int, until: int) -> int:
        """How many stamps lie in (after, until]."""
        return int(((self.stamps > after) & (self.stamps <= until)).sum())

    def since(self, after: int) -> Stream:
        """What was stamped later."""
        kept = self.stamps > after
        return Stream(self.stamps[kept], self.arrivals[kept])


@dataclass(frozen=True)
class Count:
    """A publisher's own count of its messages at some time [ns]."""

    at: int
    count: int


def lost(stream: Stream, begin: Count, end: Count) -> tuple[int, int]:
    """How many messages were published between two counts, and how many of them never came."""
    published = end.count - begin.count
    return published, published - stream.between(begin.at, end.at)


@dataclass(frozen=True)
class Spread:
    """Median and 99th percentile [ms]."""

    p50: float
    p99: float

    @classmethod
    def of(cls, nanoseconds: NDArray[np.integer]) -> Spread | None:
        """None for no values at all."""
        if nanoseconds.size == 0:
            return None
        p50, p99 = np.percentile(nanoseconds, (50, 99)) * 1e-6
        return cls(float(p50), float(p99))


def path_of_images(camera: Stream, chunks: Stream, commands: Stream) -> Mapping[str, Spread | None]:
    """From light to command, and its parts, for every chunk that a command follows.

    A chunk is made from the newest image that had come, and is not younger than the chunk's stamp; the first command
    after the chunk follows it.
    """
    image = np.searchsorted(camera.arrivals, chunks.stamps, side="right") - 1
    command = np.searchsorted(commands.arrivals, chunks.arrivals, side="right")
    known = (image >= 0) & (command < len(commands.arrivals))
    image, command = image[known], command[known]
    made, came = chunks.stamps[known], chunks.arrivals[known]
    exposed, seen = camera.stamps[image], camera.arrivals[image]
    acted = commands.arrivals[command]
    return {
        "image: exposure to arrival": Spread.of(seen - exposed),
        "image: arrival to observation": Spread.of(made - seen),
        "policy: observation to chunk": Spread.of(came - made),
        "gate: chunk to the next command": Spread.of(acted - came),
        "camera to command": Spread.of(acted - exposed),
    }
