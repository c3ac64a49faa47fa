"""A trace: the time-stamped record of one rollout, real or simulated, as named channels with units.

Every channel keeps its own stamps; nothing is resampled until someone asks for it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.writing import whole_file

Stamps = NDArray[np.int64]

SCHEMA = 1
"""Version of the file that `Trace.save` writes."""

COMMAND = "command.position"
"""What the gate sent to the robot [rad], shape (N, J)."""
ACTION = "policy.action"
"""First target of each chunk that the policy asked for [rad], shape (N, J)."""
POSITION = "joint.position"
"""[rad], shape (N, J)"""
VELOCITY = "joint.velocity"
"""[rad/s], shape (N, J)"""
EFFORT = "joint.effort"
"""[N m], shape (N, J)"""
TOUCH = "touch.force"
"""Force per finger, taxel and axis [N], shape (N, 4, T, 3)."""
OBJECTS = "object.pose"
"""Position [m] and orientation w, x, y, z of each object, shape (N, K, 7)."""
FRONT_IMAGE = "image.front"
WRIST_IMAGE = "image.wrist"
"""Images by reference: the number of the message in its topic, shape (N,)."""


@dataclass(frozen=True, eq=False)
class Channel:
    """One quantity over time."""

    stamps: Stamps
    """[ns], increasing, shape (N,)"""
    values: NDArray[Any]
    """Shape (N, ...)"""
    unit: str
    labels: tuple[str, ...] = ()
    """What the columns are, joint names for example; empty where the shape says it."""

    def __post_init__(self) -> None:
        if len(self.stamps) != len(self.values):
            raise DexSim2RealError(f"a channel has {len(self.stamps)} stamps and {len(self.values)} values")
        if np.any(np.diff(self.stamps) <= 0):
            raise DexSim2RealError("the stamps of a channel must increase")
        if self.labels and self.values.shape[1] != len(self.labels):
            raise DexSim2RealError(f"a channel has {self.values.shape[1]} columns and {len(self.labels)} labels")

    def linear(self, stamps: Stamps) -> NDArray[np.float64]:
        """Values at `stamps` [ns] on straight lines between samples; NaN outside the record."""
        if len(self.stamps) < 2:
            return np.full((len(stamps), *self.values.shape[1:]), np.nan)
        right = np.clip(np.searchsorted(self.stamps, stamps), 1, len(self.stamps) - 1)
        before, after = self.stamps[right - 1], self.stamps[right]
        share = ((stamps - before) / (after - before)).reshape(-1, *[1] * (self.values.ndim - 1))
        out = self.values[right - 1] * (1 - share) + self.values[right] * share
        out[(stamps < self.stamps[0]) | (stamps > self.stamps[-1])] = np.nan
        return np.asarray(out, np.float64)

    def held(self, stamps: Stamps) -> NDArray[np.float64]:
        """The last value at or before each of `stamps` [ns], as a command is held; NaN before the first."""
        if not len(self.stamps):
            return np.full((len(stamps), *self.values.shape[1:]), np.nan)
        last = np.searchsorted(self.stamps, stamps, side="right") - 1
        out = self.values[np.maximum(last, 0)].astype(np.float64)
        out[last < 0] = np.nan
        return out

    def between(self, start: int, end: int) -> Channel:
        """The samples with start <= stamp < end [ns]."""
        low, high = np.searchsorted(self.stamps, [start, end])
        return Channel(self.stamps[low:high], self.values[low:high], self.unit, self.labels)

    def columns(self, labels: Sequence[str]) -> NDArray[Any]:
        """The columns with these labels, shape (N, len(labels)). Raises UnknownNameError."""
        for label in labels:
            if label not in self.labels:
                raise UnknownNameError("column", label, self.labels)
        return np.asarray(self.values[:, [self.labels.index(label) for label in labels]])


@dataclass(frozen=True)
class Event:
    """Something that happened at one moment."""

    stamp: int
    """[ns]"""
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Trace:
    """One rollout."""

    channels: Mapping[str, Channel]
    events: tuple[Event, ...] = ()
    problems: tuple[str, ...] = ()
    """What was wrong with the recording and what was done about it, one line each."""
    source: str = ""
    """Where it came from."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Anything else that is worth keeping, as JSON."""

    def __getitem__(self, name: str) -> Channel:
        if name not in self.channels:
            raise UnknownNameError("channel", name, self.channels)
        return self.channels[name]

    def __contains__(self, name: str) -> bool:
        return name in self.channels

    @property
    def span(self) -> tuple[int, int]:
        """First and last stamp of all channels [ns]; 0, 0 if there is none."""
        ends = [(c.stamps[0], c.stamps[-1]) for c in self.channels.values() if len(c.stamps)]
        return (int(min(e[0] for e in ends)), int(max(e[1] for e in ends))) if ends else (0, 0)

    def between(self, start: int, end: int) -> Trace:
        """The part with start <= stamp < end [ns]."""
        channels = {name: channel.between(start, end) for name, channel in self.channels.items()}
        events = tuple(event for event in self.events if start <= event.stamp < end)
        return Trace(channels, events, self.problems, self.source, self.notes)

    def grid(self, names: Sequence[str], rate: float) -> Stamps:
        """Even stamps [ns] at `rate` [Hz] over the time that all these channels cover, shape (N,).

        Raises DexSim2RealError if they have no time in common.
        """
        start = max(int(self[name].stamps[0]) for name in names)
        end = min(int(self[name].stamps[-1]) for name in names)
        if start >= end:
            raise DexSim2RealError(f"the channels {', '.join(names)} have no time in common")
        return np.arange(start, end + 1, round(1e9 / rate), dtype=np.int64)

    def save(self, path: Path) -> None:
        """Write everything to one .npz file, whole or not at all. Raises DexSim2RealError if that cannot be done."""
        about = {
            "schema": SCHEMA,
            "channels": {n: {"unit": c.unit, "labels": list(c.labels)} for n, c in self.channels.items()},
            "events": [[e.stamp, e.kind, dict(e.data)] for e in self.events],
            "problems": list(self.problems),
            "source": self.source,
            "notes": dict(self.notes),
        }
        arrays: dict[str, NDArray[Any]] = {"about": np.array(json.dumps(about))}
        for name, channel in self.channels.items():
            arrays[f"{name}/stamps"], arrays[f"{name}/values"] = channel.stamps, channel.values
        with whole_file(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # the stub takes `allow_pickle` for one

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Read what `save` wrote. Raises DexSim2RealError if the file is not a trace or from a newer version."""
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                if about["schema"] > SCHEMA:
                    raise DexSim2RealError(
                        f"{path} has trace version {about['schema']}, this program reads up to {SCHEMA}; update it"
                    )
                channels = {
                    name: Channel(file[f"{name}/stamps"], file[f"{name}/values"], kind["unit"], tuple(kind["labels"]))
                    for name, kind in about["channels"].items()
                }
                events = tuple(Event(*event) for event in about["events"])
                return cls(channels, events, tuple(about["problems"]), about["source"], about["notes"])
        except OSError as error:
            raise DexSim2RealError(f"cannot read the trace {path}: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DexSim2RealError(f"{path} is not a trace file: {error}") from error
