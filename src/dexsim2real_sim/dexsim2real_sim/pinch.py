"""A three-finger pinch: hand postures and palm poses for objects of any width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import FINGERS
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pose import Pose

Array = NDArray[np.float64]

_TILT = np.radians(80.0)
"""Of the fingers away from the vertical; there thumb and fingers face each other best (found by search)."""
_DEPTH = 0.11
"""How far the pinch is below the palm [m]."""
_THUMB = -0.052
"""Where the thumb's middle closes, along the closing direction from the palm's origin [m]."""
_SIDE = 0.02
"""Where the thumb closes, towards the index finger [m]."""
_SPREAD = 0.018
"""Index and middle finger press this far on either side of the thumb [m]."""
_RING_BACK = 0.02
"""The ring finger stays clear of the object by this much [m]."""
_START = np.array([0.0, 0.95, 0.65, 0.47] * 3 + [1.15, 0.97, 0.55, 0.4])
"""A pinch from which the search for others starts [rad]."""

_TURN = Rotation.from_euler("y", _TILT - np.pi)
"""Of the grasp frame in the palm's: at tilt 0 the fingers point down, against the grasp's z."""


class Pinch:
    """Thumb against index and middle finger, around an object `width` [m] wide.

    The grasp frame lies in the middle of the object: x closes from the thumb to the fingers, z points up out of
    the grasp towards the palm.
    """

    def __init__(self, kinematics: Kinematics, width: float) -> None:
        self._kinematics = kinematics
        self.width = width
        radius = kinematics.tip_radius
        along = _THUMB + radius + width / 2
        self.frame = Pose(_TURN.apply([along, 0.0, -_DEPTH]) + np.array([0.0, _SIDE, 0.0]), _TURN)
        """The grasp frame in the palm's frame."""
        self._radius = radius

    def palm(self, grasp: Pose) -> Pose:
        """Where the palm must be for the grasp frame to be at `grasp`, both in the world."""
        return grasp @ self.frame.inverse()

    def hand(self, gap: float) -> Array:
        """Hand joints [rad], shape (16,), with the fingertips' surfaces `gap` [m] apart.

        Less than the width squeezes: the servos' stiffness turns the missing distance into force.
        """
        reach = gap / 2 + self._radius
        points = {
            "thumb": (-reach, 0.0, 0.0),
            "index": (reach, _SPREAD, 0.0),
            "middle": (reach, -_SPREAD, 0.0),
            "ring": (reach + _RING_BACK, -_SPREAD - 0.035, 0.0),
        }
        hand = _START
        for finger in FINGERS:
            point = self.frame.position + self.frame.rotation.apply(points[finger])
            hand = self._kinematics.reach_tip(finger, point, hand)
        return hand
