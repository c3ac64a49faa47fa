"""``move``: bring the robot of the running graph to a start pose, around what is in the way."""

from __future__ import annotations

import os
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from dexsim2real_bringup.cli.confirm import confirm
from dexsim2real_bringup.move_goal import goal_joints
from dexsim2real_bringup.moveit import has_moveit, moveit_waypoints
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_description import JOINTS, Cell, DexSim2RealError
from dexsim2real_description.optional import require
from dexsim2real_sim.planning import Box, Collisions, Motion, plan_motion, time_waypoints

Array = NDArray[np.float64]


def move(
    to: str,
    speed: float = 0.1,
    planner: Literal["auto", "moveit", "ompl"] = "auto",
    obstacles: tuple[tuple[float, float, float, float, float, float], ...] = (),
    yes: bool = False,
) -> None:
    """Plan a way that touches nothing, and lead the robot along it through the safety gate.

    The graph must run without a policy (`dexsim2real up sim --policy none`) and the gate be disarmed, as it is
    again afterwards. Known to be in the way are the robot itself, the table and --obstacles.

    Args:
        to: ready, a task (where its trials begin), or the palm's pose x,y,z or x,y,z,roll,pitch,yaw [m, rad].
        speed: share of the velocity limits, above 0 and up to 1.
        planner: moveit needs moveit_py, ompl the extra plan; auto takes MoveIt where it is installed.
        obstacles: boxes that are in the way as well, each its centre and its full size, x y z x y z [m].
        yes: do not ask before a real robot moves.
    """
    if not 0.0 < speed <= 1.0:
        raise DexSim2RealError(f"speed is {speed:g}; choose a share of the limits, above 0 and up to 1")
    require("rclpy", "ros")
    from dexsim2real_bringup.mover import Mover

    console = Console(highlight=False)
    boxes = [Box((*box[:3],), (*box[3:],)) for box in obstacles]
    with RosSession(f"move_{os.getpid()}") as session:
        mover = Mover(session)
        mover.check_free()
        start = mover.pose()
        collisions = Collisions(mover.cell, boxes, mover.workspace)
        goal = goal_joints(to, mover.cell, collisions, start)
        motion = _plan(planner, mover.cell, collisions, boxes, start, goal, speed)
        console.print(_summary(to, start, goal, motion))
        if not mover.simulated:
            confirm("The robot is real, or not known to be simulated.", yes)
        error = mover.follow(motion)
    console.print(f"arrived at {to}, no arm joint further than {error:.3f} rad from it; the gate is disarmed")


def _plan(
    planner: str, cell: Cell, collisions: Collisions, boxes: list[Box], start: Array, goal: Array, speed: float
) -> Motion:
    if planner == "ompl" or (planner == "auto" and not has_moveit()):
        return plan_motion(collisions, cell.limits, start, goal, speed)
    waypoints = moveit_waypoints(cell, collisions, boxes, start, goal)
    return time_waypoints(collisions, cell.limits, waypoints, speed)


def _summary(to: str, start: Array, goal: Array, motion: Motion) -> str:
    positions, velocities = motion.at(np.linspace(0.0, motion.duration, 500))
    furthest, fastest = int(np.abs(goal - start).argmax()), float(np.abs(velocities).max())
    detour = np.abs(np.diff(positions, axis=0)).sum(axis=0).max() > 1.05 * np.abs(goal - start).max()
    return (
        f"to {to}: {motion.duration:.1f} s{', around something' if detour else ''}; furthest {JOINTS[furthest]} by "
        f"{np.abs(goal - start)[furthest]:.2f} rad, fastest joint {fastest:.2f} rad/s"
    )
