"""What the Isaac Sim server computes, against the MuJoCo cell. Isaac Sim itself has not run."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dexsim2real_description import JOINTS, make_cell, touch_layout
from dexsim2real_sim import make_env
from dexsim2real_sim.parameters import PARAMETERS
from dexsim2real_sim.touch import taxel_forces

FOLDER = Path(__file__).parents[2] / "docker" / "isaac"


def load(name):
    """A module of the folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


parts = load("scene_parts")
SCENE = json.loads(json.dumps(load("export_scene").scene("pick_place", "panda", "v4", "grid15", 0)))
NOMINAL = {name: given["nominal"] for name, given in SCENE["parameters"].items()}
CELL = make_cell()


def test_every_offered_parameter_is_one_of_the_simulator():
    assert set(parts.OFFERED) <= set(PARAMETERS) and len(set(parts.OFFERED)) == len(parts.OFFERED)
    assert set(SCENE["parameters"]) == set(parts.OFFERED)


def test_the_scene_file_is_written_whole(tmp_path):
    words = [sys.executable, str(FOLDER / "export_scene.py"), "--out", str(tmp_path), "--task"]
    subprocess.run([*words, "in_hand_rotation"], check=True)
    scene = json.loads((tmp_path / "scene.json").read_text())
    assert len(scene["objects"]) == 1 and (tmp_path / "cell.urdf").read_text().startswith("<?xml")
    refused = subprocess.run([*words, "stacking"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "bodies of its own" in refused.stderr and refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("gravity", 9.0, ""),
        ("gravity", 1, ""),
        ("gravity", 25.0, r"gravity = 25.0 is outside its bounds [0, 20]"),
        ("gravity", float("nan"), "outside"),
        ("gravity", "much", "outside"),
        ("gravity", True, "outside"),
        ("image_noise", 1.0, "cannot be changed"),
    ],
)
def test_parameters_are_checked_against_the_registry(name, value, reason):
    said = parts.check(SCENE, name, value)
    assert reason in said and bool(reason) == bool(said)


def test_nominal_servos_are_those_of_the_cell_and_factors_reach_their_part():
    servos = parts.servos(SCENE, NOMINAL)
    np.testing.assert_array_equal(servos["kp"], [servo.kp for servo in CELL.servos])
    np.testing.assert_array_equal(servos["kd"], [servo.kd + servo.damping for servo in CELL.servos])
    changed = parts.servos(SCENE, {**NOMINAL, "arm_stiffness": 2.0, "hand_strength": 0.5})
    np.testing.assert_array_equal(changed["kp"] / servos["kp"], [2.0] * 7 + [1.0] * 16)
    np.testing.assert_array_equal(changed["effort"] / servos["effort"], [1.0] * 7 + [0.5] * 16)


@pytest.mark.parametrize("camera", [0, 1])
def test_cameras_stand_where_the_mujoco_cell_has_them(camera):
    name = SCENE["cameras"][camera]["name"]
    moved = {f"{name}_camera_{axis}": 0.03 * (i + 1) for i, axis in enumerate(("x", "y", "z", "roll", "pitch", "yaw"))}

    class Moved:
        names = tuple(moved)

        def sample(self, rng, count):
            return np.tile(list(moved.values()), (count, 1))

    env = make_env("pick_place", 1, sampler=Moved())
    env.reset(seed=0)
    env.plant.show()
    number = mujoco.mj_name2id(env.sim.model, mujoco.mjtObj.mjOBJ_CAMERA, name)
    place, quat = parts.camera_pose(SCENE["cameras"][camera], {**NOMINAL, **moved})
    np.testing.assert_allclose(place, env.sim.batch.expand("cam_pos")[0, number], atol=1e-9)
    flip = Rotation.from_euler("x", np.pi)  # MuJoCo's camera looks along -z with y up
    theirs = Rotation.from_quat(env.sim.batch.expand("cam_quat")[0, number], scalar_first=True) * flip
    assert (Rotation.from_quat(quat, scalar_first=True).inv() * theirs).magnitude() < 1e-6


def test_the_lamp_shines_on_the_middle_of_the_table():
    place, quat = parts.lamp(SCENE, NOMINAL)
    shines = parts.matrix(quat) @ [0.0, 0.0, -1.0]
    way = np.array(SCENE["table"]["centre"]) - place
    np.testing.assert_allclose(shines, way / np.linalg.norm(way), atol=1e-12)


vectors = st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(np.array)
turns = st.lists(st.floats(-3, 3), min_size=3, max_size=3).map(Rotation.from_rotvec)


@given(turn=turns)
def test_quaternions_and_matrices_agree_with_scipy(turn):
    quat = parts.quaternion(turn.as_matrix())
    np.testing.assert_allclose(parts.matrix(quat), turn.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(quat, turn.as_quat(canonical=True, scalar_first=True), atol=1e-9)


@given(force=vectors, at=vectors, turn=turns, place=vectors)
def test_touch_is_that_of_the_mujoco_cell(force, at, turn, place):
    """One contact, given to both in their own way: MuJoCo's is the force on the surroundings in a contact frame."""
    layout = touch_layout("grid15")
    point = place + turn.apply(layout.positions[4] + 0.002 * at)
    ours = parts.taxel_forces(layout.positions, layout.frames, force[None], point[None], (place, turn.as_matrix()))
    contact = np.zeros((1, 4, 1, 12))
    contact[0, 2, 0] = [*-force, *point, 1, 0, 0, 0, 1, 0]
    places, rotations = np.zeros((1, 4, 3)), np.tile(np.eye(3), (1, 4, 1, 1))
    places[0, 2], rotations[0, 2] = place, turn.as_matrix()
    theirs = taxel_forces(layout, contact, places, rotations)[0, 2]
    if force[0]:  # MuJoCo's contacts have a normal force
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_pressing_a_finger_reads_positive():
    layout = touch_layout("grid15")
    normal = layout.normals[7]  # the object pushes the middle taxel inwards
    reading = parts.taxel_forces(
        layout.positions, layout.frames, -normal[None], layout.positions[7][None], (np.zeros(3), np.eye(3))
    )
    assert reading[7, 2] == reading[:, 2].max() > 0.1
    in_tip = np.einsum("tij,tj->ti", layout.frames, reading).sum(axis=0)
    np.testing.assert_allclose(in_tip, normal, atol=1e-12)


def test_contact_buffers_are_taken_apart_by_finger_and_partner():
    data = np.arange(12.0).reshape(6, 2)
    counts = np.array([[1, 0], [0, 0], [2, 1], [0, 0]])
    starts = np.array([[0, 0], [0, 0], [1, 4], [0, 0]])
    np.testing.assert_array_equal(parts.contacts_of(0, data, counts, starts), data[:1])
    np.testing.assert_array_equal(parts.contacts_of(2, data, counts, starts), data[[1, 2, 4]])
    assert parts.contacts_of(1, data, counts, starts).shape == (0, 2)


def test_commands_for_some_joints_leave_the_others_and_nonsense_is_refused():
    last = np.zeros(23)
    made = parts.targets(SCENE, last, ["arm_joint_2", JOINTS[7]], [0.5, 0.25])
    assert (made[1], made[7], np.count_nonzero(made), last.any()) == (0.5, 0.25, 2, False)
    for names, positions in (
        ([], []),
        (["elbow"], [0.1]),
        (["arm_joint_1"], []),
        (["arm_joint_1"], [float("nan")]),
    ):
        assert parts.targets(SCENE, last, names, positions) is None
