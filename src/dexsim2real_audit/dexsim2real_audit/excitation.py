"""A short motion that shows a cell's parameters: a grasp that is lifted, loosened and dropped, then free joints.

What each part shows: closing on the object, the fingers' gains and delay and the skin's gain and lag; lifting, the
object's mass; loosening while holding, at which grip the object slips, hence friction; the swing of all joints with
their own frequencies, delays by its phase, Coulomb friction and backlash where the joints turn, viscous friction and
gains by its amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, HAND_JOINTS, make_cell
from dexsim2real_sim.counterpart import Start
from dexsim2real_sim.objects import OBJECTS, ObjectModel
from dexsim2real_sim.pinch import YAW, Pinch, default_pinch, pinch_pose
from dexsim2real_sim.plant import CONTROL_RATE
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks.base import AREA_CENTRE, upright
from dexsim2real_sim.tasks.starts import OPENING, squeeze

Array = NDArray[np.float64]

TASK, OBJECT = "pick_place", "soup_can"
LIFT = 0.06
"""With the object [m]."""
CLEAR = 2.5
"""Times LIFT: how high the empty hand then rises, so that its fingers swing above the object."""
ARM_SWING = 0.05
HAND_SWING = np.tile([0.05, 0.2, 0.2, 0.2], 4)
"""Amplitudes in free motion [rad]; neighbouring fingers do not meet."""
HELD_SWING = 0.3
"""Share of the arm's swing while the object is held."""
ARM_FREQUENCIES = np.linspace(0.7, 1.9, len(ARM_JOINTS))
HAND_FREQUENCIES = np.linspace(0.8, 2.3, len(HAND_JOINTS))
"""One per joint, so that no two joints move alike [Hz]."""

_KNOTS: tuple[tuple[float, float, float, float], ...] = (
    # time [s], how closed (0 open, 1 around the object), squeeze over the usual, how lifted
    (0.0, 0.0, 0.0, 0.0),
    (0.4, 0.0, 0.0, 0.0),
    (0.8, 1.0, 1.0, 0.0),
    (1.0, 1.0, 1.0, 0.0),
    (1.5, 1.0, 1.0, 1.0),
    (2.2, 1.0, 1.0, 1.0),
    (3.0, 1.0, 0.0, 1.0),
    (3.2, 0.0, 0.0, 1.2),
    (3.7, 0.0, 0.0, CLEAR),
    (5.0, 0.0, 0.0, CLEAR),
)
HOLD = (1.5, 2.2)
"""When the object is held with all force [s]."""
FREE = (3.4, 5.0)
"""When the fingers swing [s]."""


@dataclass(frozen=True, eq=False)
class Excitation:
    """A motion in joint targets and how it begins."""

    commands: Array
    """[rad] at the control rate, shape (T, 23)."""
    start: Start
    task: str = TASK


def excitation(name: str = OBJECT) -> Excitation:
    """The motion for an object of the catalogue that stands in the middle of the start area."""
    model, pinch = OBJECTS[name], default_pinch()
    pose = upright(float(AREA_CENTRE[0]), float(AREA_CENTRE[1]), float(model.half[2]), YAW)
    times = np.arange(round(_KNOTS[-1][0] * CONTROL_RATE)) / CONTROL_RATE
    closed, force, lifted = (_smooth(times, column) for column in (1, 2, 3))
    commands = np.concatenate([_arm(pinch, pose, model, lifted), _hand(pinch, pose, model, closed, force)], axis=1)
    limits = make_cell().limits
    commands = np.clip(commands + _swing(times), limits.lower, limits.upper)
    joints = commands[0]
    return Excitation(commands, Start(joints, joints, {"object": pose}, {"object": name}))


def _smooth(times: Array, column: int) -> Array:
    """A column of the knots over time, smooth at every knot, shape (T,)."""
    knots = np.array(_KNOTS)
    after = np.clip(np.searchsorted(knots[:, 0], times, side="right"), 1, len(knots) - 1)
    begin, end = knots[after - 1], knots[after]
    share = (times - begin[:, 0]) / (end[:, 0] - begin[:, 0])
    return np.asarray(begin[:, column] + share**2 * (3 - 2 * share) * (end[:, column] - begin[:, column]))


def _arm(pinch: Pinch, pose: Array, model: ObjectModel, lifted: Array) -> Array:
    """Arm targets, shape (T, 7): straight up from the grasp."""
    grasp, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    heights = np.linspace(0.0, LIFT * CLEAR, 12)
    arms = np.array([pinch.arm(grasp.moved(z=height), width) for height in heights])
    return np.stack([np.interp(lifted * LIFT, heights, column) for column in arms.T], axis=1)


def _hand(pinch: Pinch, pose: Array, model: ObjectModel, closed: Array, force: Array) -> Array:
    """Hand targets, shape (T, 16)."""
    _, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    around, pressed = pinch.hand(width), pinch.hand(width, squeeze=squeeze(model))
    wide = pinch.hand(width, OPENING)
    still = wide + closed[:, None] * (around - wide)
    return np.asarray(still + force[:, None] * (pressed - around))


def _swing(times: Array) -> Array:
    """What is added to the targets, shape (T, 23): the arm from the hold on, the hand once it is empty."""
    held, free = (_window(times, *span) for span in ((HOLD[0], FREE[0]), FREE))
    arm = ARM_SWING * np.sin(2 * np.pi * ARM_FREQUENCIES * times[:, None]) * (HELD_SWING * held + free)[:, None]
    hand = HAND_SWING * np.sin(2 * np.pi * HAND_FREQUENCIES * times[:, None]) * free[:, None]
    return np.concatenate([arm, hand], axis=1)


def _window(times: Array, begin: float, end: float, edge: float = 0.3) -> Array:
    """1 from begin to end [s] with smooth edges inside, 0 elsewhere, shape (T,)."""
    ramp = np.clip(np.minimum(times - begin, end - times) / edge, 0.0, 1.0)
    return np.asarray(ramp**2 * (3 - 2 * ramp))
