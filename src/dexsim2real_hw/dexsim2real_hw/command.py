"""Reads a command of the safety gate: the last point of a trajectory over all joints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from dexsim2real_description import JOINTS, UnknownNameError
from dexsim2real_description.stamps import nanoseconds
from dexsim2real_hw.driver import Array
from dexsim2real_hw.errors import CommandError


class Trajectory(Protocol):
    """What this module needs of a trajectory_msgs/JointTrajectory."""

    header: Any
    joint_names: Sequence[str]
    points: Sequence[Any]


def read_command(message: Trajectory, now_ns: int, max_age: float) -> tuple[Array, Array]:
    """Positions [rad] and velocities [rad/s], each shape (23,), in the order of JOINTS, whatever that of the message.

    Without velocities they are zero. Raises CommandError for missing, unknown or doubled joints, for numbers that
    are missing or not finite, and for a stamp more than `max_age` [s] away from `now_ns`; a stamp of zero means now.
    """
    names = list(message.joint_names)
    if sorted(names) != sorted(JOINTS):
        raise CommandError(_wrong_names(names))
    if not message.points:
        raise CommandError("a command without a point; not sent")
    stamp = nanoseconds(message.header.stamp)
    age = (now_ns - stamp) * 1e-9
    if stamp and abs(age) > max_age:
        raise CommandError(f"a command stamped {age:.3f} s before now, allowed are {max_age} s; not sent")
    order = [names.index(joint) for joint in JOINTS]
    point = message.points[-1]
    position = _vector("positions", point.positions, len(names))[order]
    velocity = _vector("velocities", point.velocities or [0.0] * len(names), len(names))[order]
    return position, velocity


def _vector(what: str, numbers: Sequence[float], count: int) -> Array:
    vector = np.array(numbers, dtype=np.float64)
    if vector.shape != (count,) or not np.isfinite(vector).all():
        raise CommandError(f"a command whose {what} are not {count} finite numbers; not sent")
    return vector


def _wrong_names(names: list[str]) -> str:
    unknown = sorted(set(names) - set(JOINTS))
    if unknown:
        return f"{UnknownNameError('joint', unknown[0], JOINTS)}; the command was not sent"
    missing = sorted(set(JOINTS) - set(names))
    if missing:
        return f"a command without {', '.join(missing)}; commands name all {len(JOINTS)} joints; not sent"
    return "a command that names a joint twice; not sent"
