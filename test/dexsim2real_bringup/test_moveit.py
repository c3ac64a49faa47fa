"""MoveIt's part, against a stand-in for moveit_py with the signatures of its sources. MoveIt itself has not run."""

import contextlib
import sys
import types
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from dexsim2real_bringup import moveit
from dexsim2real_description import ARM_JOINTS, JOINTS, DexSim2RealError, make_cell
from dexsim2real_sim.planning import Box, Collisions
from dexsim2real_sim.tasks.base import ARM_READY, HAND_OPEN

CELL = make_cell()
COLLISIONS = Collisions(CELL)
START = np.concatenate([ARM_READY, HAND_OPEN])
GOAL = START + np.where(np.arange(23) == 0, 0.5, 0.0) + np.where(np.arange(23) == 8, 0.2, 0.0)


class MoveItPy:
    """Remembers what it was given, and answers with a way in three points, joints in another order."""

    found = True

    def __init__(self, node_name, launch_params_filepath):
        self.parameters = yaml.safe_load(Path(launch_params_filepath).read_text())["/**"]["ros__parameters"]
        self.objects, self.shut = [], False
        MoveItPy.last = self

    def get_planning_scene_monitor(self):
        scene = SimpleNamespace(
            apply_collision_object=self.objects.append, current_state=SimpleNamespace(update=lambda: None)
        )
        return SimpleNamespace(read_write=lambda: contextlib.nullcontext(scene))

    def get_robot_model(self):
        return "model"

    def get_planning_component(self, name):
        self.group = name
        return self

    def set_start_state(self, robot_state):
        self.start = robot_state.joint_positions

    def set_goal_state(self, robot_state):
        self.goal = robot_state.joint_positions

    def plan(self):
        order = ARM_JOINTS[::-1]
        ends = [np.array([state[joint] for joint in order]) for state in (self.start, self.goal)]
        middle = (ends[0] + ends[1]) / 2 + 0.1 * (ends[0] == ends[1])
        points = [SimpleNamespace(positions=list(row)) for row in (ends[0], middle, ends[1])]
        message = SimpleNamespace(joint_trajectory=SimpleNamespace(joint_names=list(order), points=points))
        trajectory = SimpleNamespace(get_robot_trajectory_msg=lambda: message)
        return SimpleNamespace(trajectory=trajectory) if self.found else None

    def shutdown(self):
        self.shut = True


class Message:
    """Any message: takes fields by name, lists where something is appended."""

    ADD, BOX = b"\0", 1

    def __init__(self, **fields):
        self.header, self.position = SimpleNamespace(frame_id=""), SimpleNamespace()
        self.primitives, self.primitive_poses = [], []
        vars(self).update(fields)


@pytest.fixture
def installed(monkeypatch):
    """moveit_py, as far as it is used."""
    state = type("RobotState", (), {"__init__": lambda self, model: None, "update": lambda self: None})
    modules = {
        "moveit": {},
        "moveit.core": {},
        "moveit.planning": {"MoveItPy": MoveItPy},
        "moveit.core.robot_state": {"RobotState": state},
        "moveit_msgs": {},
        "moveit_msgs.msg": {"CollisionObject": Message},
        "shape_msgs": {},
        "shape_msgs.msg": {"SolidPrimitive": Message},
        "geometry_msgs": {},
        "geometry_msgs.msg": {"Pose": Message},
    }
    for name, members in modules.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(moveit, "has_moveit", lambda: True)
    monkeypatch.setattr(MoveItPy, "found", True)


def test_without_moveit_the_other_planner_is_named():
    if moveit.has_moveit():
        pytest.skip("moveit_py is installed")
    with pytest.raises(DexSim2RealError, match="--planner ompl"):
        moveit.moveit_waypoints(CELL, COLLISIONS, [], START, GOAL)


def test_the_arm_goes_where_moveit_says_and_the_hand_in_step(installed):
    words = list(sys.argv)
    box = Box((0.5, 0.0, 0.2), (0.1, 0.2, 0.4))
    way = moveit.moveit_waypoints(CELL, COLLISIONS, [box], START, GOAL)
    assert way.shape == (3, 23)
    np.testing.assert_allclose(way[[0, 2]], [START, GOAL], atol=1e-12)
    np.testing.assert_allclose(way[1, :7] - START[:7], [0.25, *[0.1] * 6])
    np.testing.assert_allclose(way[1, 7:], (START + GOAL)[7:] / 2, atol=1e-12)  # half of the arm's way
    made = MoveItPy.last
    assert (made.group, made.shut, sys.argv) == ("arm", True, words)
    assert made.start == dict(zip(JOINTS, START.tolist(), strict=True))
    assert made.objects[0].primitives[0].dimensions == [0.1, 0.2, 0.4]
    assert vars(made.objects[0].primitive_poses[0].position) == {"x": 0.5, "y": 0.0, "z": 0.2}


def test_no_way_is_one_line_and_moveit_is_shut_down(installed, monkeypatch):
    monkeypatch.setattr(MoveItPy, "found", False)
    with pytest.raises(DexSim2RealError, match="MoveIt found no way"):
        moveit.moveit_waypoints(CELL, COLLISIONS, [], START, GOAL)
    assert MoveItPy.last.shut


def test_the_semantic_description_fits_the_robot():
    urdf = ElementTree.fromstring(moveit.moveit_parameters(CELL, COLLISIONS)["robot_description"])
    links = {link.get("name") for link in urdf.iter("link")}
    robot = ElementTree.fromstring(moveit.srdf(COLLISIONS))
    assert [joint.get("name") for joint in robot.find("group")] == list(ARM_JOINTS)
    pairs = {frozenset((pair.get("link1"), pair.get("link2"))) for pair in robot.iter("disable_collisions")}
    assert set().union(*pairs) <= links
    for joint in urdf.iter("joint"):  # neighbours with shapes touch by construction
        pair = frozenset((joint.find("parent").get("link"), joint.find("child").get("link")))
        solid = {link.get("name") for link in urdf.iter("link") if link.find("collision") is not None}
        assert pair in pairs or not pair <= solid, pair
    watched = {frozenset(pair) for pair in (("arm_link_5", "palm"), ("arm_link_1", "arm_link_6"), ("palm", "table"))}
    assert not watched & pairs
