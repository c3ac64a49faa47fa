"""A power grasp from the side around an upright post: hand postures, and where the palm belongs."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import make_cell
from dexsim2real_description.hand import SKIN_RADIUS
from dexsim2real_sim.kinematics import Kinematics
from dexsim2real_sim.pose import Pose

Array = NDArray[np.float64]

ARM_BESIDE = np.array([0.164, 0.576, 0.316, -2.026, -1.276, 1.211, 1.885])
"""Palm beside the middle of the start area, 0.2 m up, facing away from the base, fingers to the right [rad].

Of the directions to grasp in (ten were searched), the one in which the arm stays furthest from its limits: 0.5 rad or
more over the whole start area and through a turn of the hand by 120 degrees.
"""
HEADING = Rotation.from_euler("z", -90.0, degrees=True)
"""The grasp frame of an upright post in the world: x where the fingers point, y out of the palm."""
GRIP_HEIGHTS = np.array([0.0435, 0.0, -0.0435, 0.02])
"""Where the four fingertips belong on a post, over the grasp's middle [m]."""

_FACING = Rotation.from_matrix([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
"""The grasp frame in the palm's, but for its yaw."""


class Wrap:
    """Three fingers and the thumb around a post, the index finger on top.

    The grasp frame lies in the post's axis at the height of the middle finger, z towards the index finger.
    """

    open = np.array([0.0, 0.1, 0.2, 0.2] * 3 + [0.5, 0.0, 0.0, 0.0])
    """Fingers straight, thumb aside: the palm can come up to the post [rad], shape (16,)."""
    across = np.array([0.0, 0.1, 0.2, 0.2] * 3 + [1.3, 0.0, 0.0, 0.0])
    """Fingers straight, thumb in front of the palm, behind the post [rad], shape (16,)."""

    def __init__(self, frame: tuple[float, float, float], around: Array, closed: Array) -> None:
        """`frame`: where the closing hand brings the post: out of the palm, along the fingers [m], yaw [rad].

        `around`: hand joints where the fingers touch it; `closed`: servo targets that hold it [rad], shape (16,).
        """
        self.around, self.closed = around, closed
        out, along, yaw = frame
        self.frame = Pose(np.array([out, 0.0, along]), _FACING * Rotation.from_euler("z", yaw))
        """The grasp frame in the palm's frame."""

    def palm(self, post: Pose) -> Pose:
        """Where the palm must be for the grasp frame to be at `post`, both in the world."""
        return post @ self.frame.inverse()

    def opened(self, post: Pose) -> Array:
        """Joints of an open hand at a post in the world [rad], shape (23,)."""
        return np.concatenate([self._arm(post), self.open])

    def holding(self, post: Pose) -> tuple[Array, Array]:
        """Joints and servo targets that hold a post in the world [rad], each shape (23,)."""
        arm = self._arm(post)
        return np.concatenate([arm, self.around]), np.concatenate([arm, self.closed])

    def _arm(self, post: Pose) -> Array:
        start = np.concatenate([ARM_BESIDE, self.open])
        return _kinematics().reach(self.palm(post), start, iterations=40)


def upright_post(x: float, y: float, z: float) -> Pose:
    """The grasp frame of an upright post, `z` the height of the middle finger [m]."""
    return Pose(np.array([x, y, z]), HEADING)


def grip_gaps(tips: Array, radius: float) -> Array:
    """From each fingertip's surface to its contact goal, the nearest point around the post at its height [m].

    `tips` in the grasp frame, shape (N, 4, 3); `radius` of the post [m]. Returns shape (N, 4).
    """
    outside = np.hypot(tips[..., 0], tips[..., 1]) - radius - SKIN_RADIUS
    return np.asarray(np.hypot(outside, tips[..., 2] - GRIP_HEIGHTS))


BESIDE = upright_post(0.38, 0.0, 0.12)
"""What the open hand would hold where it waits."""


@lru_cache(maxsize=1)
def _kinematics() -> Kinematics:
    """Of the default cell."""
    return Kinematics(make_cell(), ARM_BESIDE)
