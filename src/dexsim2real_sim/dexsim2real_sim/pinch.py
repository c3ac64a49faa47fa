"""A three-finger pinch from above: hand postures, and where the palm and the fingers belong around an object."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import make_cell
from dexsim2real_sim.compiled import compiled, of_vectors
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pose import Pose

Array = NDArray[np.float64]

ARM_OVER = np.array([0.458, 0.152, -0.086, -2.23, -1.362, 1.631, 0.028])
"""Pinch 0.2 m above the middle of the start area, no joint within 0.8 rad of its limits [rad]."""
ARM_MIRRORED = np.array([-0.446, 0.251, 0.103, -2.096, 1.369, 1.651, 1.583])
"""There with the opposite closing direction, the wrist turned over [rad]."""
ARM_BETWEEN = np.array([0.01, -0.3, 0.01, -2.16, 0.0, 1.64, 0.81])
"""On the way from one to the other joint by joint, 0.3 m above the table [rad]."""
YAW = float(np.radians(-75.0))
"""Closing direction, from the thumb to the fingers, in which the arm is furthest from its limits [rad]."""
SPREAD = 0.014
"""Index and middle finger press this far on either side of the thumb, nearly touching each other [m]."""
ROOM = 0.07
"""From the pinch up to the palm, for the upper part of an object [m]."""

_NEAREST, _FURTHEST = np.radians([20.0, 130.0]).tolist()
"""Closing directions that the arm reaches over the start area: this far from straight ahead, to either side [rad].

Beyond 115 degrees some corners of the area are out of reach, by 4 cm at most.
"""
_OTHER_HAND = float(np.radians(31.0))
"""The side of YAW is preferred to the other unless that is better by this [rad]; a square never needs the other."""
_ASKEW = 3.0
"""How much worse it is to close askew on a side than from an unfavoured direction."""
_TILT = np.radians(80.0)
"""Of the fingers away from the vertical; there thumb and fingers face each other best (found by search)."""
_DEPTH = 0.11
"""Of the fingertips below the palm's origin [m]."""
_SIDE = 0.02
"""Of the thumb from the palm's middle, towards the index finger [m]."""
THUMB = -0.06
"""Where the thumb presses, along the closing direction from the palm's origin [m]: up to 4.7 N."""
STRONG_THUMB = -0.07
"""There it is strongest, 5.8 N [m]."""
_RING = (0.02, -0.035)
"""The ring finger stays clear of the object: back and sideways from the middle finger [m]."""
_TURN = Rotation.from_euler("y", _TILT - np.pi)
"""Of the grasp frame in the palm's: at tilt 0 the fingers point down, against the grasp's z."""
_START = np.array([0.0, 0.95, 0.65, 0.47] * 3 + [1.15, 0.97, 0.55, 0.4])
"""A pinch from which the search for the others starts [rad]."""
_PLACES = np.linspace(-0.08, 0.1, 19)
"""Along the closing direction, for which finger postures are solved; those between are interpolated [m]."""


PINCHING = np.array([0, 1, 3])
"""The numbers of index, middle and thumb among the fingers."""


class Pinch:
    """Thumb against index and middle finger.

    The grasp frame lies in the middle of the object: x closes from the thumb to the fingers, z points up out of the
    grasp towards the palm.
    """

    def __init__(self, kinematics: Kinematics, thumb: float = THUMB) -> None:
        """`thumb` is where the thumb presses, along the closing direction from the palm's origin [m]."""
        self.kinematics, self._thumb = kinematics, thumb
        self._hands = np.array([self._solve(place) for place in _PLACES])
        self._yields = np.array([self._give(hand) for hand in self._hands])

    def palm(self, grasp: Pose, width: float) -> Pose:
        """Where the palm must be for an object `width` [m] wide to be pinched at `grasp`, both in the world."""
        middle = self._thumb + self.kinematics.tip_radius + width / 2
        return grasp @ Pose(_frame_point(middle, 0.0), _TURN).inverse()

    def hand(self, width: float, opening: float = 0.0, squeeze: float = 0.0) -> Array:
        """Hand joints [rad], shape (16,), around an object `width` [m] wide, fingertips `opening` [m] wider apart.

        With the fingers on the object, these are the servo targets at which it is squeezed with `squeeze` [N]:
        thumb against both fingers, straight, so that it neither shifts nor turns.
        """
        thumb = self._thumb - opening / 2
        fingers = self._thumb + 2 * self.kinematics.tip_radius + width + opening / 2
        return np.concatenate([self._targets(fingers, squeeze)[:12], self._targets(thumb, squeeze)[12:]])

    def arm(self, grasp: Pose, width: float) -> Array:
        """Arm joints [rad], shape (7,), that pinch at `grasp` in or over the start area."""
        start = np.concatenate([arm_over(grasp), self._hands[0]])
        return self.kinematics.reach(self.palm(grasp, width), start, iterations=15)

    def _targets(self, place: float, squeeze: float) -> Array:
        """Servo targets with all fingertips at a place along the closing direction [rad], shape (16,)."""
        step = np.clip((place - _PLACES[0]) / (_PLACES[1] - _PLACES[0]), 0.0, len(_PLACES) - 1.0)
        low = min(int(step), len(_PLACES) - 2)
        pair = self._hands[low : low + 2] + squeeze * self._yields[low : low + 2]
        targets: Array = pair[0] + (step - low) * (pair[1] - pair[0])
        return targets

    def _give(self, hand: Array) -> Array:
        """How far the joints' targets must be beyond `hand` for 1 N of squeeze [rad/N], shape (16,): J^T f / kp."""
        along = _TURN.apply([1.0, 0.0, 0.0])
        forces = {"index": -0.5 * along, "middle": -0.5 * along, "thumb": along}
        return sum((self.kinematics.give(finger, force, hand) for finger, force in forces.items()), np.zeros(16))

    def _solve(self, place: float) -> Array:
        """Hand joints with the thumb, and with the fingers, at a place along the closing direction."""
        sides = {"thumb": 0.0, "index": SPREAD, "middle": -SPREAD}
        hand = _START
        for finger, side in sides.items():
            hand = self.kinematics.reach_tip(finger, _frame_point(place, side), hand)
        return self.kinematics.reach_tip("ring", _frame_point(place + _RING[0], -SPREAD + _RING[1]), hand)


def _frame_point(along: float, side: float) -> Array:
    """A point at the height of the fingertips, in the palm's frame [m], shape (3,)."""
    point: Array = _TURN.apply([along, side, -_DEPTH]) + [0.0, _SIDE, 0.0]
    return point


def closing(palm: Pose) -> Rotation:
    """The rotation of the grasp frame in the world, where the palm is at such a pose, if it were upright."""
    ahead = palm.rotation.apply(_TURN.apply([1.0, 0.0, 0.0]))
    return Rotation.from_euler("z", np.arctan2(ahead[1], ahead[0]))


def arm_over(grasp: Pose) -> Array:
    """Arm joints over the start area from which the closing direction of `grasp` is in reach [rad], shape (7,)."""
    ahead: Array = grasp.rotation.apply([1.0, 0.0, 0.0])
    return ARM_OVER if ahead[1] < 0 else ARM_MIRRORED


@lru_cache(maxsize=1)
def default_pinch() -> Pinch:
    """The pinch of the default cell."""
    return Pinch(Kinematics(make_cell(), ARM_OVER))


def pinch_axes(pose: Array, half: Array, is_round: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """How to pinch objects that stand or lie: closing direction [rad], half width and half height there [m], (N,) each.

    Poses (N, 7), half extents (N, 3) [m], round about z or not (N,). The narrower horizontal side is taken, of two
    alike and of the two ways to close on it the one that the arm reaches best.
    """
    direction, width, height = _axes(pose, half, is_round)
    return direction, width, height


@compiled("(f8[:], f8[:], b1)")
def _best(pose: Array, half: Array, is_round: bool) -> tuple[float, float, float]:
    """`pinch_axes` of one object."""
    w, x, y, z = pose[3:]
    ahead = (w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y))
    left = (2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x))
    upward = np.array([2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z])
    up = np.abs(upward).argmax()
    first, second = (up + 1) % 3, (up + 2) % 3
    width = min(half[first], half[second])
    if is_round and half[first] == half[second]:
        return YAW, width, half[up]
    direction, least = 0.0, np.inf
    for axis in (first, second):
        side = math.atan2(left[axis], ahead[axis])
        for way in (side, side - math.copysign(np.pi, side)):
            aside = abs(way)
            reached = min(max(aside, _NEAREST), _FURTHEST)
            cost = abs(aside + YAW) + _OTHER_HAND * (way > 0) + _ASKEW * abs(reached - aside)
            if half[axis] == width and cost < least:
                direction, least = math.copysign(reached, way), cost
    return direction, width, half[up]


@of_vectors("f8[:], f8[:], b1, f8[:], f8[:], f8[:]", "(n),(k),()->(),(),()")
def _axes(pose: Array, half: Array, is_round: bool, direction: Array, width: Array, height: Array) -> None:
    direction[0], width[0], height[0] = _best(pose, half, is_round)


def pinch_pose(body: Pose, half: Array, is_round: bool) -> tuple[Pose, float]:
    """Grasp frame in the world for one object, and its width there [m]; `half` shape (3,).

    At its middle, or higher up where it would otherwise touch the palm.
    """
    pose = np.concatenate([body.position, body.rotation.as_quat(scalar_first=True)])
    yaw, width, height = pinch_axes(pose[None], half[None], np.array([is_round]))
    position = body.position + [0.0, 0.0, max(0.0, float(height[0]) - ROOM)]
    return Pose(position, Rotation.from_euler("z", yaw[0])), 2 * float(width[0])


def pinch_markers(pose: Array, half: Array, is_round: NDArray[np.bool_]) -> Array:
    """Contact goals for index, middle finger and thumb on the objects' surfaces [m], shape (N, 3, 3).

    Where `pinch_pose` puts them, for N objects at once: poses (N, 7), half extents (N, 3) [m], round or not (N,).
    """
    markers: Array = _markers(pose, half, is_round)
    return markers


@of_vectors("f8[:], f8[:], b1, f8[:, :]", "(n),(k),()->(k,k)")
def _markers(pose: Array, half: Array, is_round: bool, markers: Array) -> None:
    yaw, width, height = _best(pose, half, is_round)
    x, y = math.cos(yaw), math.sin(yaw)
    for finger, (along, across) in enumerate(((width, SPREAD), (width, -SPREAD), (-width, 0.0))):
        markers[finger, 0] = pose[0] + (along * x - across * y)
        markers[finger, 1] = pose[1] + (along * y + across * x)
        markers[finger, 2] = pose[2] + max(0.0, height - ROOM)
