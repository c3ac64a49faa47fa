"""Identification of arms that are known exactly: a simulated Panda with hidden inertias and friction."""

import numpy as np
import pytest

from dexsim2real_description.arm import PANDA, PANDA_INERTIAS
from dexsim2real_dr.identify.arm import LINKS, start_inertias
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import Dynamics, columns, rms
from dexsim2real_dr.identify.fit import fit_dynamics
from dexsim2real_dr.identify.identifiability import directions_told, left_open, parameter_names, structure
from dexsim2real_dr.identify.motion import Motion

CHAIN = Chain.of([joint for joint in PANDA.joints if joint.axis is not None])
TERMS = np.tile([0.4, 0.2, 0.0, 0.1], (7, 1)) * np.linspace(1.0, 0.4, 7)[:, None]


def excite(seconds, seed, rate=100.0):
    """A sum of sines on every joint, as in an identification experiment."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, seconds, 1 / rate)
    omega = 2 * np.pi * np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    a, b = rng.normal(0, 0.35, (2, 5, 7))
    phase = omega[:, None] * time
    q = np.array([0, 0, 0, -1.5, 0, 1.5, 0]) + np.sin(phase).T @ a + np.cos(phase).T @ b
    dq = (omega[:, None] * np.cos(phase)).T @ a - (omega[:, None] * np.sin(phase)).T @ b
    ddq = -(omega[:, None] ** 2 * np.sin(phase)).T @ a - (omega[:, None] ** 2 * np.cos(phase)).T @ b
    return Motion(time, q, dq, ddq, np.zeros_like(q))


@pytest.fixture(scope="module")
def fitted():
    truth = Dynamics(PANDA_INERTIAS[1:], TERMS)
    motion = excite(10, 0)
    noise = np.random.default_rng(1).normal(0, 0.02, motion.tau.shape)
    measured = Motion(motion.time, motion.q, motion.dq, motion.ddq, truth.torque(CHAIN, motion) + noise)
    return truth, measured, fit_dynamics(CHAIN, measured, start_inertias("panda"), 10.0)


def test_friction_is_found(fitted):
    """Offsets of joints 2 and 4 hide behind gravity; friction and the rest must be right within 15 %."""
    truth, _, fit = fitted
    np.testing.assert_allclose(fit.dynamics.joint_terms[:, :2], truth.joint_terms[:, :2], rtol=0.15)


def test_another_motion_is_predicted(fitted):
    truth, _, fit = fitted
    other = excite(4, 7)
    wanted = truth.torque(CHAIN, other)
    before = rms(wanted - Dynamics.frictionless(start_inertias("panda")).torque(CHAIN, other))
    after = rms(wanted - fit.dynamics.torque(CHAIN, other))
    assert np.all(after < 0.1)
    assert np.all(after < 0.1 * before)


def test_noise_is_estimated(fitted):
    np.testing.assert_allclose(fitted[2].noise, 0.02, rtol=0.3)


def test_the_columns_are_the_model(fitted):
    """Torque must be the columns times the parameters, joint terms in their place."""
    _, motion, fit = fitted
    from dexsim2real_dr.identify.inertia import inertial_vector

    bodies = np.concatenate([inertial_vector(inertia) for inertia in fit.dynamics.inertias])
    parameters = np.concatenate([bodies, fit.dynamics.joint_terms.ravel()])
    np.testing.assert_allclose(columns(CHAIN, motion) @ parameters, fit.dynamics.torque(CHAIN, motion), atol=1e-9)


def test_without_motion_the_prior_stays():
    """A robot at rest tells some gravity and nothing about inertia or viscous friction."""
    time = np.arange(0, 5, 0.01)
    still = np.tile([0.0, 0.3, 0.0, -1.5, 0.0, 1.5, 0.0], (len(time), 1))
    motion = Motion(time, still, 0 * still, 0 * still, 0 * still)
    start = start_inertias("panda")
    torque = Dynamics.frictionless(start).torque(CHAIN, motion)
    noise = np.random.default_rng(0).normal(0, 0.01, torque.shape)
    fit = fit_dynamics(CHAIN, Motion(time, still, 0 * still, 0 * still, torque + noise), start, 10.0)
    shares = dict(zip(parameter_names(CHAIN, LINKS), left_open(fit), strict=True))
    assert shares["arm_link_4.extent_x"] > 0.99
    assert shares["arm_joint_3.damping"] > 0.99
    assert directions_told(fit) <= 7  # one torque per joint is all there is


def test_structure_of_the_panda():
    """43 inertial base parameters (Gaz et al. 2019) and 28 joint terms, less two armatures that links hide."""
    found = structure(CHAIN, LINKS)
    assert len(found.names) == 98
    assert found.rank == 43 + 28 - 2
    assert "arm_link_1.m" in found.without_effect
    assert found.merged["arm_joint_1.armature"] == ("arm_link_1.Izz",)


def test_structure_of_a_pendulum():
    """One hinge about vertical z: only Izz acts, and armature adds to it."""
    from dexsim2real_description.model import Joint

    pendulum = Chain.of([Joint("hinge", "base", "rod", axis=(0.0, 0.0, 1.0))])
    found = structure(pendulum, ["rod"])
    assert found.rank == 4  # Izz + armature, Coulomb, viscous, offset
    assert len(found.without_effect) == 9
    assert set(found.merged) | {other for others in found.merged.values() for other in others} == {
        "rod.Izz",
        "hinge.armature",
    }
