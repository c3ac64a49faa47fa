"""The cell: an arm, a hand on its flange, touch on the fingertips, two cameras, one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import pi

import numpy as np

from dexsim2real_description.arm import ARMS, FLANGE, FR3_ENVELOPE
from dexsim2real_description.camera import FRONT, WRIST, CameraMount
from dexsim2real_description.errors import UnknownNameError
from dexsim2real_description.hand import HAND_VERSIONS, PALM_DEPTH, make_hand
from dexsim2real_description.model import Joint, Limits, Link, RobotModel, Servo, Shape, Vec3, box_inertia
from dexsim2real_description.touch import TOUCH_LAYOUTS, TouchLayout
from dexsim2real_description.workspace import Workspace

ADAPTER_LENGTH = 0.02
"""Plate between the flange and the hand [m]; no standard exists, ours is a disc of aluminium."""
HAND_YAW = -pi / 4
"""Rotation of the palm about the flange axis [rad], as the maker mounts its own gripper (FACTS 1.2)."""


@dataclass(frozen=True)
class Table:
    """A table before the robot; its top is at the height of the robot's base, z = 0."""

    centre: Vec3 = (0.55, 0.0, 0.0)
    """Of the top surface, in the world [m]; the world frame is the arm's base."""
    size: Vec3 = (0.7, 1.1, 0.04)
    """[m]"""


@dataclass(frozen=True)
class Cell:
    """Everything that is fixed about the robot and its surroundings."""

    arm: RobotModel
    hand: RobotModel
    touch: TouchLayout | None
    """None for the bare hand."""
    cameras: tuple[CameraMount, ...] = (FRONT, WRIST)
    table: Table = Table()
    workspace: Workspace = field(default_factory=Workspace)

    @property
    def links(self) -> tuple[Link, ...]:
        """All links, arm first."""
        disc = Shape("cylinder", (0.0315, ADAPTER_LENGTH, 0.0), (0.0, 0.0, ADAPTER_LENGTH / 2))
        adapter = Link("hand_adapter", box_inertia(0.17, (0.06, 0.06, ADAPTER_LENGTH), disc.xyz), (disc,))
        return (*self.arm.links, adapter, *self.hand.links)

    @property
    def joints(self) -> tuple[Joint, ...]:
        """All joints, fixed ones included, parents before children."""
        adapter = Joint("hand_adapter_joint", FLANGE, "hand_adapter", rpy=(0.0, 0.0, HAND_YAW))
        palm = Joint("palm_joint", "hand_adapter", self.hand.root, (0.0, 0.0, ADAPTER_LENGTH + PALM_DEPTH))
        return (*self.arm.joints, adapter, palm, *self.hand.joints)

    @property
    def moving_joints(self) -> tuple[Joint, ...]:
        """The 23 hinges, in the order of JOINTS."""
        return tuple(joint for joint in self.joints if joint.axis is not None)

    @property
    def servos(self) -> tuple[Servo, ...]:
        """One per moving joint."""
        return (*self.arm.servos, *self.hand.servos)

    @cached_property
    def limits(self) -> Limits:
        """Motion limits of the 23 joints, in the order of JOINTS."""
        joints, servos = self.moving_joints, self.servos
        return Limits(
            lower=np.array([joint.lower for joint in joints]),
            upper=np.array([joint.upper for joint in joints]),
            velocity=np.array([servo.velocity for servo in servos]),
            acceleration=np.array([servo.acceleration for servo in servos]),
            jerk=np.array([servo.jerk for servo in servos]),
            effort=np.array([servo.effort for servo in servos]),
            envelope=FR3_ENVELOPE if self.arm.name == "fr3" else None,
        )


def make_cell(arm: str = "panda", hand: str = "v4", touch: str = "grid15") -> Cell:
    """The cell with arm `panda` or `fr3`, hand `v4` or `v5`, and a touch layout, or `none` for the bare hand.

    Raises UnknownNameError, which lists the valid names.
    """
    if arm not in ARMS:
        raise UnknownNameError("arm", arm, ARMS)
    if hand not in HAND_VERSIONS:
        raise UnknownNameError("hand", hand, HAND_VERSIONS)
    if touch not in (*TOUCH_LAYOUTS, "none"):
        raise UnknownNameError("touch layout", touch, (*TOUCH_LAYOUTS, "none"))
    layout = TOUCH_LAYOUTS.get(touch)
    return Cell(ARMS[arm], make_hand(hand, skinned=layout is not None), layout)
