"""Where a robot can be told to go: by name, or by a pose of its palm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description import Cell, DexSim2RealError, UnknownNameError
from dexsim2real_description.kinematics import LinkPose
from dexsim2real_sim.objects import OBJECTS
from dexsim2real_sim.planning import Collisions, reach_palm
from dexsim2real_sim.pose import Pose
from dexsim2real_sim.tasks import TASKS, make_task
from dexsim2real_sim.tasks.base import ARM_READY, HAND_OPEN

Array = NDArray[np.float64]

READY = "ready"


def goal_joints(text: str, cell: Cell, collisions: Collisions, near: Array) -> Array:
    """Joint positions [rad], shape (23,), for what a person typed; `near` (23,) is where the robot is.

    `ready`; a task, for the posture in which its trials begin; or a pose of the palm as x,y,z [m] or
    x,y,z,roll,pitch,yaw [m, rad] in the frame of the arm's base, the hand as it is. Without an orientation the palm
    is turned as in `ready`. Raises DexSim2RealError for anything else, and for a pose that cannot be reached.
    """
    if text == READY:
        return np.concatenate([ARM_READY, HAND_OPEN])
    if text in TASKS:
        return _start_of(text)
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise UnknownNameError("pose", text, (READY, *TASKS, "x,y,z", "x,y,z,roll,pitch,yaw")) from None
    if len(numbers) not in (3, 6) or not np.isfinite(numbers).all():
        raise DexSim2RealError(
            f"a pose of the palm is x,y,z or x,y,z,roll,pitch,yaw; {text!r} has {len(numbers)} numbers, "
            "or some that are not finite"
        )
    turn = Rotation.from_euler("xyz", numbers[3:]) if len(numbers) == 6 else _ready_turn(cell)
    return reach_palm(cell, collisions, Pose(np.array(numbers[:3]), turn), near)


def _start_of(task: str) -> Array:
    """Where the robot is when the task begins at full difficulty, which is the same for all objects and draws."""
    made = make_task(task)
    objects = {slot.name: OBJECTS[(slot.choices or tuple(OBJECTS))[0]] for slot in made.slots}
    return made.initial_state(np.random.default_rng(0), 1.0, objects).joints


def _ready_turn(cell: Cell) -> Rotation:
    pose = LinkPose(cell, cell.hand.root)(np.concatenate([ARM_READY, HAND_OPEN]))
    return Rotation.from_matrix(pose[:3, :3])
