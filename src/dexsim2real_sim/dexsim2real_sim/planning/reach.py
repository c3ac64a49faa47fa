"""Arm joints for a pose of the palm: inverse kinematics by mink, from several postures until one is free."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, Cell, DexSim2RealError
from dexsim2real_description.optional import require
from dexsim2real_sim.planning.collision import CLEARANCE, Collisions
from dexsim2real_sim.pose import Pose

Array = NDArray[np.float64]

_ARM = len(ARM_JOINTS)
_ATTEMPTS = 30
_ITERATIONS = 150
_PERIOD = 0.05
"""Integration step of the differential inverse kinematics [s]."""
_ARRIVED = 1e-4
"""Largest error of the palm [m, rad]."""
_POSTURE_COST = 1e-3
"""Against 1 for the palm: only decides where the redundant joint goes."""


def reach_palm(cell: Cell, collisions: Collisions, palm: Pose, near: Array) -> Array:
    """Joint positions [rad], shape (23,), with the palm at a pose in the world and the hand as in `near` (23,).

    Of those found, the first that touches nothing; the search begins at `near`. Raises DexSim2RealError if there
    is none, and without mink.
    """
    mink = require("mink", "plan")
    model = collisions.model
    task = mink.FrameTask(cell.hand.root, "body", position_cost=1.0, orientation_cost=1.0)
    task.set_target(mink.SE3(wxyz_xyz=np.concatenate([palm.vector[3:], palm.vector[:3]])))
    posture = mink.PostureTask(model, cost=_POSTURE_COST)
    limits = [mink.ConfigurationLimit(model)]
    hold_hand = [mink.DofFreezingTask(model, dof_indices=list(range(_ARM, model.nv)))]
    blocked = ""
    for seed in _seeds(collisions, near):
        configuration = mink.Configuration(model, seed)
        posture.set_target(seed)
        for _ in range(_ITERATIONS):
            if np.abs(task.compute_error(configuration)).max() < _ARRIVED:
                break
            velocity = mink.solve_ik(
                configuration, [task, posture], _PERIOD, "daqp", limits=limits, constraints=hold_hand
            )
            configuration.integrate_inplace(velocity, _PERIOD)
        else:
            continue
        joints: Array = np.clip(
            np.concatenate([configuration.q[:_ARM], near[_ARM:]]), collisions.lower, collisions.upper
        )
        if collisions.clear(joints, CLEARANCE):
            return joints
        blocked = _reason(collisions, joints)
    raise DexSim2RealError(
        f"no posture of the arm puts the palm at {np.round(palm.position, 3).tolist()} m with that orientation"
        + (f": {blocked}" if blocked else "; it is out of reach")
    )


def _seeds(collisions: Collisions, near: Array) -> Iterator[Array]:
    """Where to start: at `near`, then anywhere."""
    yield near.copy()
    rng = np.random.default_rng(0)
    for _ in range(_ATTEMPTS - 1):
        arm = rng.uniform(collisions.lower[:_ARM], collisions.upper[:_ARM])
        yield np.concatenate([arm, near[_ARM:]])


def _reason(collisions: Collisions, joints: Array) -> str:
    nearest = collisions.nearest(joints)
    return (
        collisions.outside() or f"{nearest.names[0]} would be {1000 * nearest.distance:.0f} mm from {nearest.names[1]}"
    )
