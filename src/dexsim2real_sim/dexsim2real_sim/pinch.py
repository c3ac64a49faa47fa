"""A three-finger pinch from above: hand postures, and where the palm and the fingers belong around an object."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import FINGERS, make_cell
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pose import Pose

Array = NDArray[np.float64]

ARM_OVER = np.array([0.458, 0.152, -0.086, -2.23, -1.362, 1.631, 0.028])
"""Pinch 0.2 m above the middle of the start area, no joint within 0.8 rad of its limits [rad]."""
YAW = np.radians(-75.0)
"""Closing direction, from the thumb to the fingers, in which the arm is furthest from its limits [rad]."""
SPREAD = 0.014
"""Index and middle finger press this far on either side of the thumb, nearly touching each other [m]."""
ROOM = 0.07
"""From the pinch up to the palm, for the upper part of an object [m]."""

_TILT = np.radians(80.0)
"""Of the fingers away from the vertical; there thumb and fingers face each other best (found by search)."""
_CENTRE = (-0.014, 0.02, 0.11)
"""Middle of the pinch: along the closing direction, sideways, below the palm's origin [m] (found by search)."""
_RING = (0.02, -0.035)
"""The ring finger stays clear of the object: back and sideways from the middle finger [m]."""
_TURN = Rotation.from_euler("y", _TILT - np.pi)
"""Of the grasp frame in the palm's: at tilt 0 the fingers point down, against the grasp's z."""
_START = np.array([0.0, 0.95, 0.65, 0.47] * 3 + [1.15, 0.97, 0.55, 0.4])
"""A pinch from which the search for the others starts [rad]."""
_GAPS = np.linspace(0.0, 0.12, 13)
"""For which hand postures are solved; those between are interpolated [m]."""


class Pinch:
    """Thumb against index and middle finger.

    The grasp frame lies in the middle between them: x closes from the thumb to the fingers, z points up out of the
    grasp towards the palm.
    """

    def __init__(self, kinematics: Kinematics) -> None:
        self.kinematics = kinematics
        along, side, depth = _CENTRE
        self.frame = Pose(_TURN.apply([along, 0.0, -depth]) + np.array([0.0, side, 0.0]), _TURN)
        """The grasp frame in the palm's frame."""
        self._hands = np.array([self._solve(gap) for gap in _GAPS])

    def palm(self, grasp: Pose) -> Pose:
        """Where the palm must be for the grasp frame to be at `grasp`, both in the world."""
        return grasp @ self.frame.inverse()

    def hand(self, gap: float) -> Array:
        """Hand joints [rad], shape (16,), with the fingertips' surfaces `gap` [m] apart, 0 to 0.12.

        Targets less apart than the object is wide squeeze it: the servos' stiffness turns distance into force.
        """
        return np.array([np.interp(gap, _GAPS, column) for column in self._hands.T])

    def arm(self, grasp: Pose, start: Array, iterations: int = 15) -> Array:
        """Arm joints [rad], shape (7,), with the grasp frame at `grasp` in the world, from joints `start`, (23,)."""
        return self.kinematics.reach(self.palm(grasp), start, iterations)

    def _solve(self, gap: float) -> Array:
        reach = gap / 2 + self.kinematics.tip_radius
        points = {
            "thumb": (-reach, 0.0, 0.0),
            "index": (reach, SPREAD, 0.0),
            "middle": (reach, -SPREAD, 0.0),
            "ring": (reach + _RING[0], -SPREAD + _RING[1], 0.0),
        }
        hand = _START
        for finger in FINGERS:
            point = self.frame.position + self.frame.rotation.apply(points[finger])
            hand = self.kinematics.reach_tip(finger, point, hand)
        return hand


@lru_cache(maxsize=1)
def default_pinch() -> Pinch:
    """The pinch of the default cell."""
    return Pinch(Kinematics(make_cell(), ARM_OVER))


def pinch_pose(body: Pose, half: Array, is_round: bool) -> Pose:
    """Where to pinch an upright object of half extents `half` [m], shape (3,): the grasp frame in the world.

    At its middle, or higher up where it would otherwise touch the palm; boxes across their x, the side that is
    never the longer one; in the direction closest to YAW.
    """
    position = body.position + [0.0, 0.0, max(0.0, half[2] - ROOM)]
    if is_round:
        return Pose(position, Rotation.from_euler("z", YAW))
    fold = np.pi / 2 if half[0] == half[1] else np.pi
    yaw = YAW + (body.rotation.as_euler("ZYX")[0] - YAW + fold / 2) % fold - fold / 2
    return Pose(position, Rotation.from_euler("z", yaw))


def pinch_markers(pose: Array, half: Array, is_round: NDArray[np.bool_]) -> Array:
    """Contact goals on the surfaces of upright objects for index, middle finger and thumb [m], shape (N, 3, 3).

    The same choice as `pinch_pose`, for N objects at once: poses (N, 7), half extents (N, 3), round or not (N,).
    """
    w, x, y, z = pose[:, 3:].T
    side = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z)], axis=1)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    wanted = np.array([np.cos(YAW), np.sin(YAW)])
    other = side[:, ::-1] * [-1.0, 1.0]
    turn = (half[:, 0] == half[:, 1]) & (np.abs(other @ wanted) > np.abs(side @ wanted))
    side = np.where(turn[:, None], other, side)
    side = np.where(is_round[:, None], wanted, side * np.where(side @ wanted < 0, -1.0, 1.0)[:, None])
    markers = np.repeat(pose[:, None, :3], 3, axis=1)
    markers[:, :, 2] += np.maximum(0.0, half[:, 2] - ROOM)[:, None]
    reach = side * half[:, :1]
    across = side[:, ::-1] * [-SPREAD, SPREAD]
    markers[:, :, :2] += np.stack([reach + across, reach - across, -reach], axis=1)
    return markers
