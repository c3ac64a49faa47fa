"""The URDF and the simulator have the same robot: same bodies, masses, joints, limits and cameras."""

import itertools

import mujoco
import numpy as np
import pytest

from dexsim2real_description import JOINTS, Cell, make_cell
from dexsim2real_description.urdf import cell_urdf
from dexsim2real_sim.physics import Physics
from dexsim2real_sim.scene import base_scene

CHOICES = list(itertools.product(["panda", "fr3"], ["v4", "v5"], ["grid15", "none"]))


@pytest.fixture(scope="module", params=CHOICES, ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[Cell, mujoco.MjModel, mujoco.MjModel]:
    """A cell, its URDF compiled, and its simulator model."""
    cell = make_cell(*request.param)
    spec = mujoco.MjSpec.from_string(cell_urdf(cell))
    spec.compiler.fusestatic = False
    return cell, spec.compile(), base_scene(cell, Physics()).compile()


def test_bodies_have_the_same_mass_properties(pair: tuple[Cell, mujoco.MjModel, mujoco.MjModel]) -> None:
    cell, urdf, simulator = pair
    for link in cell.links:
        if link.name == cell.arm.root:
            continue  # it is fixed to the world, and the importer makes it part of it
        a, b = urdf.body(link.name), simulator.body(link.name)
        assert a.mass == pytest.approx(b.mass), link.name
        assert np.allclose(a.ipos, b.ipos), link.name
        assert np.allclose(tensor(a), tensor(b), rtol=1e-6, atol=1e-12), link.name


def tensor(body: mujoco.MjModel) -> np.ndarray:
    """Inertia in the body's frame from its principal axes, shape (3, 3)."""
    axes = np.zeros(9)
    mujoco.mju_quat2Mat(axes, body.iquat)
    axes = axes.reshape(3, 3)
    return axes @ np.diag(body.inertia) @ axes.T


def test_joints_have_the_same_limits_and_friction(pair: tuple[Cell, mujoco.MjModel, mujoco.MjModel]) -> None:
    _, urdf, simulator = pair
    for name in JOINTS:
        a, b, servo = urdf.joint(name), simulator.joint(name), simulator.actuator(name)
        assert np.array_equal(a.range, b.range), name
        assert np.allclose(a.axis, b.axis), name
        assert a.damping == pytest.approx(b.damping), name
        assert a.frictionloss == pytest.approx(b.frictionloss), name
        assert np.allclose(urdf.jnt_actfrcrange[a.id], servo.forcerange), name


def test_bodies_are_in_the_same_place(pair: tuple[Cell, mujoco.MjModel, mujoco.MjModel]) -> None:
    cell, urdf, simulator = pair
    q = np.random.default_rng(3).uniform(cell.limits.lower, cell.limits.upper)
    states = []
    for model in (urdf, simulator):
        data = mujoco.MjData(model)
        for name, angle in zip(JOINTS, q, strict=True):
            data.joint(name).qpos[0] = angle
        mujoco.mj_kinematics(model, data)
        states.append(data)
    for link in cell.links[1:]:
        a, b = (data.body(link.name) for data in states)
        assert np.allclose(a.xpos, b.xpos, atol=1e-9), link.name
        assert np.allclose(a.xmat, b.xmat, atol=1e-9), link.name


def test_cameras_look_from_the_optical_frames(pair: tuple[Cell, mujoco.MjModel, mujoco.MjModel]) -> None:
    cell, urdf, simulator = pair
    a, b = mujoco.MjData(urdf), mujoco.MjData(simulator)
    mujoco.mj_kinematics(urdf, a)
    mujoco.mj_kinematics(simulator, b)
    mujoco.mj_camlight(simulator, b)
    flip = np.diag([1.0, -1.0, -1.0])  # a simulator camera looks along -z with y up
    for mount in cell.cameras:
        frame, camera = a.body(mount.frame), b.camera(mount.name)
        assert np.allclose(frame.xpos, camera.xpos, atol=1e-9)
        assert np.allclose(frame.xmat.reshape(3, 3) @ flip, camera.xmat.reshape(3, 3), atol=1e-9)


def test_tables_top_is_at_the_same_height(pair: tuple[Cell, mujoco.MjModel, mujoco.MjModel]) -> None:
    cell, urdf, simulator = pair
    geom = simulator.geom("table")
    body = simulator.body("table")
    assert np.allclose(urdf.body("table").pos, body.pos + geom.pos)
    assert (body.pos + geom.pos)[2] + geom.size[2] == pytest.approx(cell.table.centre[2])
