"""Starts of pinching tasks: the further back from the goal, the harder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.pinch import ARM_OVER, Pinch
from dexsim2real_sim.pose import Pose

Array = NDArray[np.float64]

OPENING = 0.03
"""Open fingers are this much wider apart than the object [m]."""
SQUEEZE = 3.5
"""Of the thumb against the fingers [N]; half a kilogram holds; above 4 N it gets near the thumb's torque limits."""


def ready(pinch: Pinch) -> Array:
    """Open hand over the middle of the start area [rad], shape (23,)."""
    return np.concatenate([ARM_OVER, pinch.hand(0.05, OPENING)])


def around(pinch: Pinch, grasp: Pose, width: float) -> Array:
    """Open fingers around an object `width` [m] wide at a grasp [rad], shape (23,)."""
    joints = ready(pinch)
    return np.concatenate([pinch.arm(grasp, width, joints), pinch.hand(width, OPENING)])


def holding(pinch: Pinch, grasp: Pose, width: float) -> tuple[Array, Array]:
    """Joints and servo targets that hold an object `width` [m] wide at a grasp [rad], each shape (23,)."""
    arm = pinch.arm(grasp, width, ready(pinch))
    return np.concatenate([arm, pinch.hand(width)]), np.concatenate([arm, pinch.hand(width, squeeze=SQUEEZE)])


def progress(difficulty: float, begin: float, end: float) -> float:
    """How far difficulty has gone through a stage, 0 at `begin` to 1 at `end`."""
    return float(np.clip((difficulty - begin) / (end - begin), 0.0, 1.0))
