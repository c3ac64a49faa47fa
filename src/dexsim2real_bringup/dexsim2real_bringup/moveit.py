"""The arm's way by MoveIt 2, where it is installed; from its Python interface, moveit_py, only the corners are used.

Everything that MoveIt wants to know of the robot is made from the cell, so there is no configuration package that
could disagree with it. Timing, the final look at collisions and the way to the robot are our own.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import yaml
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, JOINTS, Cell, DexSim2RealError
from dexsim2real_description.urdf import cell_urdf
from dexsim2real_sim.planning import Box, Collisions

Array = NDArray[np.float64]

ARM = "arm"
"""The planning group."""
_NUM_ARM = len(ARM_JOINTS)
_SECONDS = 10.0
_PIPELINE = {
    "planning_plugins": ["ompl_interface/OMPLPlanner"],
    "request_adapters": [
        f"default_planning_request_adapters/{name}"
        for name in ("ResolveConstraintFrames", "CheckStartStateBounds", "CheckStartStateCollision")
    ],
    "response_adapters": ["default_planning_response_adapters/ValidateSolution"],
}
"""MoveIt's own default for OMPL, without the parts that time a trajectory (its time law is not used)."""


def has_moveit() -> bool:
    """Whether moveit_py is installed."""
    return find_spec("moveit") is not None and find_spec("moveit_msgs") is not None


def moveit_waypoints(cell: Cell, collisions: Collisions, boxes: Sequence[Box], start: Array, goal: Array) -> Array:
    """Corners of a way from `start` to `goal`, shape (k, 23); the hand changes its posture in step with the arm.

    Raises DexSim2RealError if MoveIt is not installed or finds no way.
    """
    if not has_moveit():
        raise DexSim2RealError(
            "moveit_py is not installed; install ros-jazzy-moveit-py on a ROS installation, or --planner ompl"
        )
    with _parameters(moveit_parameters(cell, collisions)) as file:
        planning = importlib.import_module("moveit.planning")
        moveit = planning.MoveItPy(node_name="move_moveit", launch_params_filepath=file)
        try:
            arm = _arm_waypoints(moveit, boxes, start, goal)
        finally:
            moveit.shutdown()
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(arm, axis=0), axis=1))])
    share = (way / max(way[-1], 1e-9))[:, None]
    hand = start[_NUM_ARM:] + share * (goal - start)[_NUM_ARM:]
    return np.concatenate([arm, hand], axis=1)


def moveit_parameters(cell: Cell, collisions: Collisions) -> dict[str, Any]:
    """Parameters of MoveIt's node: the robot, what may touch, the planning pipeline."""
    return {
        "robot_description": cell_urdf(cell),
        "robot_description_semantic": srdf(collisions),
        "planning_scene_monitor_options": {
            "name": "planning_scene_monitor",
            "robot_description": "robot_description",
            "joint_state_topic": "/joint_states",
            "wait_for_initial_state_timeout": 5.0,
        },
        "planning_pipelines": {"pipeline_names": ["ompl"]},
        "plan_request_params": {
            "planning_attempts": 1,
            "planning_pipeline": "ompl",
            "planner_id": "RRTConnectkConfigDefault",
            "planning_time": _SECONDS,
            "max_velocity_scaling_factor": 1.0,
            "max_acceleration_scaling_factor": 1.0,
        },
        "ompl": {
            **_PIPELINE,
            "planner_configs": {"RRTConnectkConfigDefault": {"type": "geometric::RRTConnect", "range": 0.0}},
            ARM: {"planner_configs": ["RRTConnectkConfigDefault"]},
        },
    }


def srdf(collisions: Collisions) -> str:
    """The semantic description: the arm's joints as a group, and the pairs of links that may touch."""
    robot = ElementTree.Element("robot", name="cell")
    group = ElementTree.SubElement(robot, "group", name=ARM)
    for joint in ARM_JOINTS:
        ElementTree.SubElement(group, "joint", name=joint)
    for first, second in collisions.unwatched():
        ElementTree.SubElement(robot, "disable_collisions", link1=first, link2=second, reason="Never")
    return ElementTree.tostring(robot, encoding="unicode")


def _arm_waypoints(moveit: Any, boxes: Sequence[Box], start: Array, goal: Array) -> Array:
    with moveit.get_planning_scene_monitor().read_write() as scene:
        for number, box in enumerate(boxes):
            scene.apply_collision_object(_collision_object(f"box_{number}", box))
        scene.current_state.update()
    component = moveit.get_planning_component(ARM)
    state = importlib.import_module("moveit.core.robot_state").RobotState
    begin, end = state(moveit.get_robot_model()), state(moveit.get_robot_model())
    for made, joints in ((begin, start), (end, goal)):
        made.joint_positions = dict(zip(JOINTS, joints.tolist(), strict=True))
        made.update()
    component.set_start_state(robot_state=begin)
    component.set_goal_state(robot_state=end)
    answer = component.plan()
    if not answer:
        raise DexSim2RealError("MoveIt found no way to that pose; try a pose in between, or --planner ompl")
    message = answer.trajectory.get_robot_trajectory_msg().joint_trajectory
    order = [list(message.joint_names).index(joint) for joint in ARM_JOINTS]
    arm = np.array([point.positions for point in message.points], np.float64)[:, order]
    return np.concatenate([start[None, :_NUM_ARM], arm[1:-1], goal[None, :_NUM_ARM]])


def _collision_object(name: str, box: Box) -> Any:
    collision_object = importlib.import_module("moveit_msgs.msg").CollisionObject
    primitive = importlib.import_module("shape_msgs.msg").SolidPrimitive
    pose = importlib.import_module("geometry_msgs.msg").Pose()
    pose.position.x, pose.position.y, pose.position.z = box.centre
    made = collision_object(id=name, operation=collision_object.ADD)
    made.header.frame_id = "world"
    made.primitives.append(primitive(type=primitive.BOX, dimensions=list(box.size)))
    made.primitive_poses.append(pose)
    return made


@contextmanager
def _parameters(values: dict[str, Any]) -> Iterator[str]:
    """A parameter file; moveit_py ends the program if the command line names none when it is imported."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "moveit.yaml"
        file.write_text(yaml.safe_dump({"/**": {"ros__parameters": values}}))
        words = ["--params-file", str(file)]
        sys.argv += words
        try:
            yield str(file)
        finally:
            del sys.argv[-len(words) :]
