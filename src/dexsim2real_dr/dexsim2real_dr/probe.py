"""Three short motions that show a cell's parameters: the excitation, a push, and a grasp that is loosened.

The excitation (`dexsim2real_sim.excitation`) shows delays, gains, joint friction, fingertip friction and mass. A slow
push is as hard as the table's friction times the object's weight; how far it slides on after a fast one depends on
friction and not on mass. At what force the object slips out of the fingers depends on their friction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import Rotation

from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.motion import Motion
from dexsim2real_sim.counterpart import Start
from dexsim2real_sim.excitation import OBJECT, TASK, excitation
from dexsim2real_sim.objects import OBJECTS
from dexsim2real_sim.pinch import YAW, default_pinch, pinch_pose
from dexsim2real_sim.plant import CONTROL_RATE
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks.base import AREA_CENTRE, upright
from dexsim2real_sim.tasks.starts import OPENING, squeeze

PUSH, LIFT = 0.12, 0.06
"""Along the fingers' closing direction, or up [m]."""
_PUSH = np.array(
    [(0.0, 0.0, 0, 0), (0.2, 0.0, 0, 0), (1.4, 0.6, 0, 0), (1.6, 0.6, 0, 0), (1.75, 1.0, 0, 0), (2.3, 1.0, 0, 0)]
)
_SLIP = np.array(
    [(0.0, 0.0, 0, 0), (0.2, 0.0, 0, 0), (0.5, 0, 1, 1), (0.7, 0, 1, 1), (1.1, 1, 1, 1), (1.4, 1, 1, 1), (2.6, 1, 1, 0)]
)
"""Knots: time [s], share of the way, how closed (1 around the object), squeeze over the usual."""


def probes(name: str = OBJECT) -> tuple[Motion, ...]:
    """All three, for an object of the catalogue in the middle of the start area of pick_place."""
    motion = excitation(name)
    return Motion(TASK, motion.commands, motion.start), *friction_probes(name)


def friction_probes(name: str = OBJECT) -> tuple[Motion, Motion]:
    """The push and the slip, for an object as in `probes`."""
    return _probe(name, _PUSH, _pushed), _probe(name, _SLIP, _lifted)


def _pushed(grasp: Pose, share: float) -> Pose:
    return grasp @ Pose(np.array([PUSH * share, 0.0, 0.0]), Rotation.identity())


def _lifted(grasp: Pose, share: float) -> Pose:
    return grasp.moved(z=LIFT * share)


def _probe(name: str, knots: Array, way: Callable[[Pose, float], Pose]) -> Motion:
    """Commands along a way of the grasp, closing and pressing as the knots have it."""
    model, pinch = OBJECTS[name], default_pinch()
    x, y = AREA_CENTRE.tolist()
    pose = upright(x, y, float(model.half[2]), YAW)
    grasp, width = pinch_pose(Pose.of(pose), model.half, model.kind != "box")
    times = np.arange(round(knots[-1, 0] * CONTROL_RATE)) / CONTROL_RATE
    share, closed, force = (np.interp(times, knots[:, 0], column) for column in knots[:, 1:].T)
    steps = np.linspace(0.0, 1.0, 9)
    path = np.array([pinch.arm(way(grasp, step), width) for step in steps])
    arm = np.stack([np.interp(share, steps, column) for column in path.T], axis=1)
    around, pressed, wide = pinch.hand(width), pinch.hand(width, squeeze=squeeze(model)), pinch.hand(width, OPENING)
    hand = wide + closed[:, None] * (around - wide) + force[:, None] * (pressed - around)
    commands = np.concatenate([arm, hand], axis=1)
    return Motion(TASK, commands, Start(commands[0], commands[0], {"object": pose}, {"object": name}))
