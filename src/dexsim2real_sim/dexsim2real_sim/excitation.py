"""A short motion that shows a cell's parameters: free joints, then a slide along an object, a press and a lift.

What each part shows: the swing of all joints with their own frequencies, delays by its phase, Coulomb friction and
backlash where the joints turn, viscous friction and gains by its amplitude; the kick of the fingers, their inertia
and damping; fingertips that slide down a standing object, their friction, by shear over normal force; the press, the
strength of the servos and the skin's gain; lifting, the object's mass and its centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

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
ABOVE = 0.13
"""Over the grasp, clear of the object [m]."""
SLIDE = 0.025
"""How far the fingertips slide down the object, which the table holds [m]."""
LIFT = 0.06
"""With the object [m]."""
ARM_SWING = 0.05
HAND_SWING = np.array([0.05, 0.2, 0.2, 0.2] * 3 + [0.05, 0.06, 0.2, 0.2])
"""Amplitudes in free motion [rad]; no joint meets its limit."""
APART = np.zeros(16)
APART[0], APART[8] = 0.15, -0.1
"""Index and ring finger stand off the middle one while the hand is open, so that no fingertips touch [rad]."""
HELD_SWING = 0.3
"""Share of the arm's swing while the object is held."""
ARM_FREQUENCIES = np.linspace(0.7, 1.9, len(ARM_JOINTS))
HAND_FREQUENCIES = np.linspace(0.8, 2.3, len(HAND_JOINTS))
"""One per joint, so that no two joints move alike [Hz]."""
KICK = np.tile([0.0, -0.25, -0.25, -0.25], 4)
"""All fingers open so far, as fast as the safety gate lets them [rad]."""

_KNOTS: tuple[tuple[float, float, float, float], ...] = (
    # time [s], how closed (0 open, 1 around the object), squeeze over the usual, height over the grasp [m]
    (0.0, 0.0, 0.0, ABOVE),
    (2.0, 0.0, 0.0, ABOVE),
    (2.8, 0.0, 0.0, SLIDE),
    (3.2, 1.0, 0.3, SLIDE),
    (3.3, 1.0, 0.3, SLIDE),
    (3.9, 1.0, 0.3, 0.0),
    (4.1, 1.0, 1.6, 0.0),
    (4.3, 1.0, 1.6, 0.0),
    (4.5, 1.0, 1.0, 0.0),
    (5.0, 1.0, 1.0, LIFT),
    (5.9, 1.0, 1.0, LIFT),
)
HOLD = (5.0, 5.9)
"""When the object is held in the air [s]."""
FREE = (0.3, 2.0)
"""When all joints swing [s]."""
KICKED = ((1.95, 2.1), (2.3, 2.45))
"""When the fingers open, and when they are back [s]."""


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
    closed, force, height = (_smooth(times, column) for column in (1, 2, 3))
    commands = np.concatenate([_arm(pinch, pose, model, height), _hand(pinch, pose, model, closed, force)], axis=1)
    limits = make_cell().limits
    commands = np.clip(commands + _swing(times), limits.lower, limits.upper)
    joints = commands[0]
    return Excitation(commands, Start(joints, joints, {"object": pose}, {"object": name}))


def _smooth(times: Array, column: int) -> Array:
    """A column of the knots over time, smooth at every knot, shape (T,)."""
    knots = np.array(_KNOTS)
    after = np.clip(np.searchsorted(knots[:, 0], times, side="right"), 1, len(knots) - 1)
    begin, end = knots[after - 1], knots[after]
    share = _eased((times - begin[:, 0]) / (end[:, 0] - begin[:, 0]))
    return np.asarray(begin[:, column] + share * (end[:, column] - begin[:, column]))


def _eased(share: Array) -> Array:
    """From 0 to 1, at rest at both ends."""
    inside = np.clip(share, 0.0, 1.0)
    return np.asarray(inside**2 * (3 - 2 * inside))


def _arm(pinch: Pinch, pose: Array, model: ObjectModel, height: Array) -> Array:
    """Arm targets, shape (T, 7), straight over the grasp at `height` [m], shape (T,)."""
    grasp, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    heights = np.linspace(0.0, ABOVE, 14)
    arms = np.array([pinch.arm(grasp.moved(z=each), width) for each in heights])
    return np.asarray(CubicSpline(heights, arms)(height))


def _hand(pinch: Pinch, pose: Array, model: ObjectModel, closed: Array, force: Array) -> Array:
    """Hand targets, shape (T, 16)."""
    _, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    around, pressed = pinch.hand(width), pinch.hand(width, squeeze=squeeze(model))
    wide = pinch.hand(width, OPENING) + APART
    still = wide + closed[:, None] * (around - wide)
    return np.asarray(still + force[:, None] * (pressed - around))


def _swing(times: Array) -> Array:
    """What is added to the targets, shape (T, 23): all joints while free, the arm while it holds the object."""
    held, free = _window(times, *HOLD), _window(times, *FREE)
    arm = ARM_SWING * np.sin(2 * np.pi * ARM_FREQUENCIES * times[:, None]) * (HELD_SWING * held + free)[:, None]
    hand = HAND_SWING * np.sin(2 * np.pi * HAND_FREQUENCIES * times[:, None]) * free[:, None]
    (opens, opened), (closes, closed) = KICKED
    kick = _eased((times - opens) / (opened - opens)) - _eased((times - closes) / (closed - closes))
    hand += kick[:, None] * KICK
    return np.concatenate([arm, hand], axis=1)


def _window(times: Array, begin: float, end: float, edge: float = 0.3) -> Array:
    """1 from begin to end [s] with smooth edges inside, 0 elsewhere, shape (T,)."""
    return _eased(np.minimum(times - begin, end - times) / edge)
