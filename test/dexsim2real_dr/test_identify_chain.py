import mujoco
import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_description.arm import PANDA, PANDA_INERTIAS
from dexsim2real_description.model import Inertia, Joint
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.inertia import inertial_vector
from dexsim2real_dr.identify.load import hand_load


def chain_spec(joints, inertias, extra=None):
    """The same chain for MuJoCo's inverse dynamics."""
    spec = mujoco.MjSpec()
    spec.option.gravity = (0, 0, -9.81)
    body = spec.worldbody
    for joint, inertia in zip(joints, inertias, strict=True):
        quat = np.zeros(4)
        mujoco.mju_euler2Quat(quat, np.array(joint.rpy), "XYZ")
        body = body.add_body(pos=joint.xyz, quat=quat)
        body.explicitinertial = True
        body.mass, body.ipos = inertia.mass, inertia.com
        body.fullinertia = (*inertia.diagonal, *inertia.products)
        body.add_joint(type=mujoco.mjtJoint.mjJNT_HINGE, axis=joint.axis)
    return spec


def inverse(spec, q, dq, ddq):
    model = spec.compile()
    data = mujoco.MjData(model)
    torque = []
    for row in zip(q, dq, ddq, strict=True):
        data.qpos[:], data.qvel[:], data.qacc[:] = row
        mujoco.mj_inverse(model, data)
        torque.append(data.qfrc_inverse.copy())
    return np.array(torque)


def random_motion(n, samples=20):
    return np.random.default_rng(1).uniform(-2, 2, (3, samples, n))


def test_a_pendulum_by_hand():
    """Point mass 2 kg, 0.5 m out on a horizontal axis: m g l cos q + m l^2 ddq."""
    joint = Joint("j", "base", "rod", axis=(0.0, -1.0, 0.0))
    rod = Inertia(2.0, (0.5, 0.0, 0.0), (0.0, 0.0, 0.0))
    q, ddq = np.array([[0.0], [np.pi / 3], [0.0]]), np.array([[0.0], [0.0], [4.0]])
    torque = Chain.of([joint]).regressor(q, np.zeros((3, 1)), ddq) @ inertial_vector(rod)
    np.testing.assert_allclose(torque[:, 0], [9.81, 9.81 / 2, 9.81 + 2.0])


def test_the_panda_agrees_with_mujoco():
    joints = [joint for joint in PANDA.joints if joint.axis is not None]
    q, dq, ddq = random_motion(7)
    bodies = np.concatenate([inertial_vector(inertia) for inertia in PANDA_INERTIAS[1:]])
    ours = Chain.of(joints).regressor(q, dq, ddq) @ bodies
    theirs = inverse(chain_spec(joints, PANDA_INERTIAS[1:]), q, dq, ddq)
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_a_finger_agrees_with_mujoco():
    """Axes other than z."""
    joints = [j for j in make_cell().hand.joints if j.axis is not None and j.name.startswith("thumb")]
    inertias = [Inertia(0.03, (0.01, 0.0, 0.02), (1e-5, 2e-5, 1.5e-5), (1e-6, 0.0, 2e-6))] * 4
    q, dq, ddq = random_motion(4)
    bodies = np.tile(inertial_vector(inertias[0]), 4)
    ours = Chain.of(joints).regressor(q, dq, ddq) @ bodies
    np.testing.assert_allclose(ours, inverse(chain_spec(joints, inertias), q, dq, ddq), atol=1e-12)


def test_links_that_do_not_carry_each_other():
    joints = [Joint("a", "base", "one", axis=(0.0, 0.0, 1.0)), Joint("b", "base", "two", axis=(0.0, 0.0, 1.0))]
    with pytest.raises(DexSim2RealError, match="b is not mounted on the link that a moves"):
        Chain.of(joints)
    with pytest.raises(DexSim2RealError, match="hinges"):
        Chain.of([Joint("a", "base", "one")])


def test_the_weight_of_the_hand_is_where_the_cell_has_it():
    """Static torque of arm and hand as computed by potential energy from the cell's own kinematics."""
    from dexsim2real_description.kinematics import forward_kinematics

    cell = make_cell()
    hand = np.full(16, 0.3)
    load = hand_load(cell, hand)
    parts = [link for link in cell.links if link not in cell.arm.links and link.inertia is not None]
    assert load[0] == pytest.approx(sum(link.inertia.mass for link in parts))

    def energy(q):
        poses = forward_kinematics(cell, np.concatenate([q, hand]))
        return 9.81 * sum(
            link.inertia.mass * (poses[link.name] @ np.array([*link.inertia.com, 1.0]))[2] for link in parts
        )

    q = np.array([0.3, 0.5, -0.4, -1.8, 0.2, 1.5, 0.7])
    slope = [(energy(q + step) - energy(q - step)) / 2e-6 for step in 1e-6 * np.eye(7)]
    chain = Chain.of([joint for joint in cell.arm.joints if joint.axis is not None])
    still = np.zeros((1, 7))
    torque = chain.regressor(q[None], still, still)[0][:, -10:] @ load
    np.testing.assert_allclose(torque, slope, atol=1e-5)
