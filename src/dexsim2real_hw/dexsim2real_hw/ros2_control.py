"""Between the graph's commands and states and those of ros2_control's controllers; and the URDF they load.

Two joint_trajectory_controllers drive the cell: one set of command interfaces per controller is all that
ros2_control has, the FR3 wants effort and the hand position. Names differ too: see urdf/cell.ros2_control.xacro.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np

from dexsim2real_description import ARM_JOINTS, HAND_JOINTS, JOINTS, VENDOR_JOINTS, Limits, UnknownNameError
from dexsim2real_description.optional import require
from dexsim2real_hw.driver import Array
from dexsim2real_hw.errors import CommandError

Hardware = Literal["real", "twin", "mock"]
HARDWARE: tuple[Hardware, ...] = ("real", "twin", "mock")

BRAKING = 0.8
"""Share of the acceleration limit that the stop at the end of every command takes."""

SHORTEST_STOP = 0.001
"""What stops faster counts as at rest: the controller refuses knots at equal times [s]."""


def joint_names(hardware: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that arm and hand have inside ros2_control, in the order of ARM_JOINTS and HAND_JOINTS.

    Raises UnknownNameError for another kind of hardware.
    """
    if hardware not in HARDWARE:
        raise UnknownNameError("hardware", hardware, HARDWARE)
    return ARM_JOINTS, VENDOR_JOINTS["allegro_hand_ros2"] if hardware == "real" else HAND_JOINTS


@dataclass(frozen=True, eq=False)
class Knot:
    """One point of a trajectory."""

    time: float
    """After the message's arrival [s]."""
    position: Array
    """[rad]"""
    velocity: Array
    """[rad/s]"""


def with_stop(position: Array, velocity: Array, limits: Limits, lead: float) -> tuple[Knot, ...]:
    """A command as a trajectory that ends at rest: reach it in `lead` [s], then brake within limits.

    All vectors have shape (J,). The next command replaces the rest of it, so the stop is driven only if none comes.
    Between knots with velocities the controller's cubic is a parabola here: constant deceleration.
    """
    rest = np.zeros_like(velocity)
    duration = float(np.max(np.abs(velocity) / (BRAKING * limits.acceleration)))
    if duration < SHORTEST_STOP:
        return (Knot(lead, position, rest),)
    end = np.clip(position + velocity * duration / 2, limits.lower, limits.upper)
    return Knot(lead, position, velocity), Knot(lead + duration, end, rest)


class StateMerger:
    """Joint states of the cell, from messages with the names that ros2_control has."""

    def __init__(self, hardware: str) -> None:
        arm, hand = joint_names(hardware)
        self._names = (*arm, *hand)

    def merge(self, names: Sequence[str], *vectors: Sequence[float]) -> Array:
        """The vectors in the order of JOINTS, shape (len(vectors), 23).

        Joints that are none of the cell's are left out. Raises CommandError for a missing joint and for numbers
        that are missing or not finite.
        """
        index = {name: i for i, name in enumerate(names)}
        missing = [name for name in self._names if name not in index]
        if missing:
            raise CommandError(f"joint states without {', '.join(missing)}; is that controller active?")
        if any(len(vector) != len(names) for vector in vectors):
            raise CommandError(f"joint states with {len(names)} names and {[len(v) for v in vectors]} numbers")
        order = [index[name] for name in self._names]
        merged = np.array([[vector[i] for i in order] for vector in vectors], dtype=np.float64)
        bad = [JOINTS[i] for i in np.flatnonzero(~np.isfinite(merged).all(axis=0))]
        if bad:
            raise CommandError(f"joint states of {', '.join(bad)} are not finite; is the hardware active?")
        return merged


def renamed_joints(urdf: str, names: Mapping[str, str]) -> str:
    """A URDF with some joints renamed. Raises UnknownNameError for a joint that it does not have."""
    robot = ElementTree.fromstring(urdf)  # noqa: S314  (our own document)
    joints = {joint.get("name", ""): joint for joint in robot.iter("joint")}
    for old, new in names.items():
        if old not in joints:
            raise UnknownNameError("joint", old, joints)
        joints[old].set("name", new)
    return ElementTree.tostring(robot, encoding="unicode")


def control_description(urdf: str, xacro_file: Path, hardware: str, robot_ip: str = "", can: str = "can0") -> str:
    """The cell's URDF with ros2_control tags, for the controller manager.

    `xacro_file` is urdf/cell_control.urdf.xacro of this package. Raises UnknownNameError for another kind of
    hardware, DexSim2RealError where xacro is missing.
    """
    xacro = require("xacro", "dev", "it belongs to every ROS installation")
    _, hand = joint_names(hardware)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "cell.urdf"
        model.write_text(renamed_joints(urdf, dict(zip(HAND_JOINTS, hand, strict=True))))
        mappings = {"model": str(model), "hardware": hardware, "robot_ip": robot_ip, "can": can}
        document: str = xacro.process_file(str(xacro_file), mappings=mappings).toxml()
    return document
