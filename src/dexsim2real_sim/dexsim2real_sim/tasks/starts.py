"""Starts of pinching tasks: the further back from the goal, the harder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.objects import ObjectModel
from dexsim2real_sim.pinch import ARM_OVER, Pinch, arm_over, pinch_pose
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks.base import InitialState

Array = NDArray[np.float64]

OPENING = 0.03
"""Open fingers are this much wider apart than the object [m]."""
SQUEEZE = (1.5, 0.6, 3.5)
"""Of the thumb against the fingers: least [N], per newton of weight, most [N].

More lets the object turn between the fingers over time; the most, near the thumb's torque limits, holds 0.5 kg.
"""
_CLEAR = 0.03
"""Fingertips this far above an object do not touch it [m]."""


def squeeze(model: ObjectModel) -> float:
    """How hard to pinch an object [N]."""
    least, share, most = SQUEEZE
    return min(most, least + share * 9.81 * model.mass)


def ready(pinch: Pinch) -> Array:
    """Open hand over the middle of the start area [rad], shape (23,)."""
    return np.concatenate([ARM_OVER, pinch.hand(0.05, OPENING)])


def holding(pinch: Pinch, name: str, pose: Array, model: ObjectModel, **others: Array) -> InitialState:
    """An object in the hand at a pose (7,), clear of the table; `others` are poses of bodies on the table."""
    grasp, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    arm = pinch.arm(grasp, width)
    joints = np.concatenate([arm, pinch.hand(width)])
    targets = np.concatenate([arm, pinch.hand(width, squeeze=squeeze(model))])
    return InitialState(joints, others, held={name: pose}, targets=targets)


def approaching(pinch: Pinch, back: float, name: str, pose: Array, model: ObjectModel, **others: Array) -> InitialState:
    """An object on the table at a pose (7,), the open hand `back` of the way from it to `ready`.

    At 0 the fingers are around the object; in the first half they rise off it. For some boxes the hand must close the
    other way round: then it starts over the same place, turned so, but for `back` 1.
    """
    if back >= 1.0:
        return InitialState(ready(pinch), {name: pose, **others})
    grasp, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    top = pose[2] + np.abs(Pose.of(pose).rotation.as_matrix()[2]) @ model.half
    rise = progress(back, 0.0, 0.5) * (top + _CLEAR - grasp.position[2])
    near = np.concatenate([pinch.arm(grasp.moved(z=rise), width), pinch.hand(width, OPENING)])
    far = np.concatenate([arm_over(grasp), pinch.hand(0.05, OPENING)])
    joints = near + progress(back, 0.5, 1.0) * (far - near)
    return InitialState(joints, {name: pose, **others})


def progress(difficulty: float, begin: float, end: float) -> float:
    """How far difficulty has gone through a stage, 0 at `begin` to 1 at `end`."""
    return float(np.clip((difficulty - begin) / (end - begin), 0.0, 1.0))
