"""An action chunk as it comes from outside, and what must be true of it before it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_hw.gate.config import GateConfig
from dexsim2real_hw.gate.readings import Reading, RejectedError, at_least, at_most

Array = NDArray[np.float64]
NANOSECONDS = 1e-9
_LARGEST = 1e6
"""No joint position [rad], velocity [rad/s], torque [N m] or force [N] is larger; sums of such numbers stay finite."""


@dataclass(frozen=True)
class ChunkPoint:
    """One point of a chunk, as it came."""

    time_ns: int
    """From the chunk's stamp."""
    positions: Sequence[float]
    """[rad], in the order of the chunk's joint names."""
    velocities: Sequence[float] = ()
    """[rad/s]; empty if the chunk gives none."""


@dataclass(frozen=True)
class ActionChunk:
    """Where a policy wants the joints to be, and when."""

    stamp_ns: int
    """Time zero of the points, on the clock of the gate's ticks."""
    joints: Sequence[str]
    points: Sequence[ChunkPoint]
    """None if the policy cannot act."""
    excuse: str = ""
    """Why there are no points, in the policy's words."""


@dataclass(frozen=True)
class Knots:
    """A checked chunk: absolute times and one row per point in the order of the gate's joints."""

    times: NDArray[np.int64]
    """[ns], shape (n,), strictly increasing."""
    positions: Array
    """[rad], shape (n, J)."""
    velocities: Array | None
    """[rad/s], shape (n, J), or None if the chunk gave none."""


def joint_order(names: Sequence[str], expected: Sequence[str]) -> NDArray[np.intp]:
    """Where each of the `expected` joints is among `names`. Raises RejectedError unless both name the same set."""
    places = {name: place for place, name in enumerate(names)}
    missing = [name for name in expected if name not in places]
    if missing or len(names) != len(expected):
        odd = [name for place, name in enumerate(names) if name not in expected or places[name] != place]
        culprit = f"missing {missing[0]}" if missing else f"unexpected {odd[0]}"
        right = len(expected) - len(missing)
        raise RejectedError(Reading("joints", culprit, float(right), float(len(expected)), -1.0))
    return np.array([places[name] for name in expected])


def read_chunk(chunk: ActionChunk, expected: Sequence[str], config: GateConfig) -> Knots:
    """The chunk in the order of the `expected` joints. Raises RejectedError, which says what is wrong with it."""
    order = joint_order(chunk.joints, expected)
    points = chunk.points
    _require(at_least("points", "chunk", len(points), 1))
    _require(at_most("points", "chunk", len(points), config.max_points))
    _check_times([point.time_ns * NANOSECONDS for point in points], config.max_horizon)
    times = np.array([chunk.stamp_ns + point.time_ns for point in points], np.int64)
    with_velocity = any(len(point.velocities) for point in points)
    positions = _table([point.positions for point in points], order)
    velocities = _table([point.velocities for point in points], order) if with_velocity else None
    return Knots(times, positions, velocities)


def finite(values: Array, where: str) -> Array:
    """The values, if all are numbers a joint or a sensor can have. Raises RejectedError."""
    bad = values.size - int((np.abs(values) <= _LARGEST).sum())
    _require(at_most("finite", where, bad, 0))
    return values


def _table(rows: Sequence[Sequence[float]], order: NDArray[np.intp]) -> Array:
    for index, row in enumerate(rows):
        if len(row) != len(order):
            raise RejectedError(Reading("shape", f"chunk point {index}", float(len(row)), float(len(order)), -1.0))
    table = np.array(rows, np.float64)[:, order]
    return finite(table, "chunk")


def _check_times(times: Sequence[float], horizon: float) -> None:
    _require(at_least("times", "chunk point 0", times[0], 0.0))
    for index in range(1, len(times)):
        if times[index] <= times[index - 1]:
            late = times[index] - times[index - 1]
            where = f"chunk point {index}"
            raise RejectedError(Reading("times", where, times[index], times[index - 1], late or -NANOSECONDS))
    _require(at_most("horizon", "chunk", times[-1], horizon))


def _require(reading: Reading) -> None:
    if reading.fired:
        raise RejectedError(reading)
