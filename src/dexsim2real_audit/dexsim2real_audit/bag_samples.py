"""Samples of one topic, collected message by message, and the channels they become."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.bag_clock import Stamps, repair
from dexsim2real_audit.trace import Channel
from dexsim2real_description import JOINTS, VENDOR_JOINTS

Values = tuple[NDArray[Any] | int, ...]


class Samples:
    """What one topic said. `add` takes messages in the order of the recording."""

    def __init__(self, topic: str, units: dict[str, str]) -> None:
        self.topic = topic
        self._units = units
        self._received, self._stamped = array("q"), array("q")
        self._values: list[bytearray] = []
        self._kinds: list[tuple[tuple[int, ...], Any]] = []
        self._refused: dict[str, int] = {}

    def add(self, received: int, stamped: int, values: Values) -> None:
        """Append one sample per channel. One of another shape than the first is refused."""
        parts = [np.asarray(value) for value in values]
        kinds = [(part.shape, part.dtype) for part in parts]
        if not self._kinds:
            self._kinds, self._values = kinds, [bytearray() for _ in kinds]
        if kinds != self._kinds:
            shapes = [shape for shape, _ in kinds], [shape for shape, _ in self._kinds]
            self.refuse(f"with shape {tuple(shapes[0])} where the first had {tuple(shapes[1])}")
            return
        self._received.append(received)
        self._stamped.append(stamped)
        for buffer, part in zip(self._values, parts, strict=True):
            buffer += part.tobytes()

    @property
    def count(self) -> int:
        """Messages taken so far."""
        return len(self._stamped)

    def refuse(self, why: str) -> None:
        """Count a message that cannot be used."""
        self._refused[why] = self._refused.get(why, 0) + 1

    def clock(self) -> tuple[Stamps, Stamps]:
        """Receive times and repaired stamps [ns], both shape (N,)."""
        received = np.array(self._received, np.int64)
        stamps, keep, _ = repair(received, np.array(self._stamped, np.int64))
        return received[keep], stamps[keep]

    def channels(self, labels: Sequence[str] = ()) -> tuple[dict[str, Channel], list[str]]:
        """The channels, without empty ones, and what was wrong with the topic."""
        problems = [f"{self.topic}: {count} messages {why} were left out" for why, count in self._refused.items()]
        if not self.count:
            return {}, problems
        stamps, keep, wrong = repair(np.array(self._received, np.int64), np.array(self._stamped, np.int64))
        problems += [f"{self.topic}: {problem}" for problem in wrong]
        channels = {}
        for i, (name, unit) in enumerate(self._units.items()):
            shape, dtype = self._kinds[i]
            values = np.frombuffer(self._values[i], dtype).reshape(self.count, *shape)[keep]
            if values.size and np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
                problems.append(f"{self.topic}: {name} has values that are not finite")
            if values.size:
                channels[name] = Channel(stamps[keep], values, unit, tuple(labels))
        return channels, problems


class JointOrder:
    """Finds our joints in the names that messages carry."""

    def __init__(self, others: bool = False) -> None:
        """`others` keeps joints that we do not know, after ours."""
        self._others = others
        self.labels: tuple[str, ...] = ()
        self.problems: list[str] = []
        self._names: tuple[str, ...] = ()
        self._index: list[int] = []

    def pick(self, names: tuple[str, ...], arrays: Sequence[NDArray[np.float64]]) -> Values | None:
        """Values of our joints, in our order; an array that is not one per joint becomes empty.

        None if there is no such array first, if no joint is known, or if the names are not those of the first
        message (another source on the same topic).
        """
        if not self._names:
            self._settle(names)
        if names != self._names or not self.labels or not arrays or len(arrays[0]) != len(names):
            return None
        return tuple(values[self._index] if len(values) == len(names) else np.empty(0) for values in arrays)

    def _settle(self, names: tuple[str, ...]) -> None:
        self._names = names
        vendors = _translation()
        ours = [vendors.get(name, name) for name in names]
        unknown = [name for name in ours if name not in JOINTS]
        self.labels = (*(joint for joint in JOINTS if joint in ours), *(unknown if self._others else ()))
        self._index = [ours.index(label) for label in self.labels]
        foreign = [name for name in names if name in vendors]
        if foreign:
            self.problems.append(f"joints {foreign[0]}.. were read as {vendors[foreign[0]]}..")
        if unknown and not self._others:
            self.problems.append(f"unknown joints were left out: {', '.join(unknown)}")


def _translation() -> dict[str, str]:
    """Other makers' joint names to ours."""
    arms = {name: JOINTS[i] for kind in ("panda", "fr3") for i, name in enumerate(VENDOR_JOINTS[kind])}
    hands = ("allegro_v4", "allegro_v5", "allegro_hand_ros2")
    return arms | {name: JOINTS[7 + i] for kind in hands for i, name in enumerate(VENDOR_JOINTS[kind])}


def read_event(message: Any) -> dict[str, Any] | None:
    """The JSON object in a string message."""
    try:
        data = json.loads(message.data)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def read_gate(message: Any) -> dict[str, Any] | None:
    """State of the safety gate: its message, level and values."""
    if not message.status:
        return None
    status = message.status[0]
    return {"state": status.message, "level": int(status.level), **{pair.key: pair.value for pair in status.values}}
