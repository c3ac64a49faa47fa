"""Identification of arms that are known exactly: a simulated Panda with hidden inertias and friction."""

from dataclasses import replace

import numpy as np
import pytest

from dexsim2real_description.arm import PANDA, PANDA_INERTIAS
from dexsim2real_description.model import Inertia, Joint
from dexsim2real_dr.identify.arm import LINKS, start_inertias
from dexsim2real_dr.identify.chain import Chain
from dexsim2real_dr.identify.dynamics import Dynamics, columns, friction_direction, rms
from dexsim2real_dr.identify.fit import fit_dynamics
from dexsim2real_dr.identify.identifiability import directions_told, left_open, parameter_names, structure
from dexsim2real_dr.identify.motion import Motion

CHAIN = Chain.of([joint for joint in PANDA.joints if joint.axis is not None])
SENSORS = np.zeros((7, 5))
SENSORS[3] = [0.1, -0.05, 0.0, 0.006, 0.0]
"""Joint 4 reads 0.11 N m at some angle although nothing pulls, and 0.6 % of the moment about its y axis."""
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
    truth = Dynamics(PANDA_INERTIAS[1:], TERMS, np.zeros((7, 5)))
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


@pytest.fixture(scope="module")
def misread():
    """The maker's own arm with friction, read by imperfect sensors."""
    truth = Dynamics(start_inertias("panda"), TERMS, SENSORS)
    motion = excite(10, 0)
    noise = np.random.default_rng(1).normal(0, 0.02, motion.tau.shape)
    measured = replace(motion, tau=truth.torque(CHAIN, motion) + noise)
    return fit_dynamics(CHAIN, measured, start_inertias("panda"), 10.0)


def test_noise_is_estimated(misread):
    """White noise of 0.02 at 100 Hz, of which the filter leaves the integral of 1 / (1 + (f / 3 Hz)^4)^2 over 50 Hz.

    That is 3 x 0.833 / 50 of its power: 0.02 x sqrt(0.05) = 0.0045; parameters fitted take some of that.
    """
    np.testing.assert_allclose(misread.noise, 0.0042, rtol=0.3)


def test_vibration_has_no_say():
    """Two joints shake at 6 Hz, a hundred times more than the noise of the others: friction is found as without."""
    truth = Dynamics(PANDA_INERTIAS[1:], TERMS, np.zeros((7, 5)))
    motion = excite(10, 0)
    shaken = truth.torque(CHAIN, motion)
    shaken[:, :2] += 2.0 * np.sin(2 * np.pi * 6 * motion.time)[:, None]
    fit = fit_dynamics(CHAIN, replace(motion, tau=shaken), start_inertias("panda"), 10.0)
    np.testing.assert_allclose(fit.dynamics.joint_terms[:2, :2], truth.joint_terms[:2, :2], rtol=0.2)
    assert np.all(fit.noise[:2] < 0.15)


def test_friction_turns_over_a_travel():
    """Forwards, then back by 2 mrad in one step or in two: -1 + 2 / e; far back: all of it; at rest it stays."""
    q = np.array([0.0, 0.1, 0.099, 0.098, 0.098, 0.0])[:, None]
    direction = friction_direction(q, np.ones_like(q))[:, 0]
    np.testing.assert_allclose(direction[:2], 1.0)
    np.testing.assert_allclose(direction[2:5], [-1 + 2 * np.exp(-0.5), -1 + 2 * np.exp(-1.0), -1 + 2 * np.exp(-1.0)])
    assert direction[5] == pytest.approx(-1.0, abs=1e-9)
    once = friction_direction(np.array([[0.1], [0.098]]), np.ones((2, 1)))
    assert once[1, 0] == pytest.approx(direction[3])


def test_what_a_sensor_reads_beside_the_torque():
    """A rod of 2 kg reaches 0.5 m out along x from an upright joint, at rest: 9.81 N m about -y."""
    upright = Chain.of([Joint("hinge", "base", "rod", axis=(0.0, 0.0, 1.0))])
    rod = Inertia(2.0, (0.5, 0.0, 0.0), (0.1, 0.1, 0.1))
    still = np.array([[np.pi / 2]])
    motion = Motion(np.zeros(1), still, 0 * still, 0 * still, 0 * still)
    terms = np.array([[0.05, 0.02, 0.1, 0.01, 0.3]])
    reading = Dynamics((rod,), np.array([[0.0, 0.0, 0.0, 0.2]]), terms).torque(upright, motion)
    assert reading[0, 0] == pytest.approx(0.2 + 0.05 - 0.01 * 9.81)


def test_errors_of_a_sensor_are_found(misread):
    found = misread.dynamics.sensor_terms
    assert np.all(np.abs(found[3] - SENSORS[3]) < [0.03, 0.03, 0.002, 0.002, 0.002])
    assert np.abs(np.delete(found, 3, axis=0)).max() < 0.03


def test_the_columns_are_the_model(fitted):
    """Torque must be the columns times the parameters, joint terms in their place."""
    _, motion, fit = fitted
    from dexsim2real_dr.identify.inertia import inertial_vector

    bodies = np.concatenate([inertial_vector(inertia) for inertia in fit.dynamics.inertias])
    parameters = np.concatenate([bodies, fit.dynamics.joint_terms.ravel()])
    ideal = replace(fit.dynamics, sensor_terms=np.zeros((7, 5)))
    np.testing.assert_allclose(columns(CHAIN, motion) @ parameters, ideal.torque(CHAIN, motion), atol=1e-9)


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
    pendulum = Chain.of([Joint("hinge", "base", "rod", axis=(0.0, 0.0, 1.0))])
    found = structure(pendulum, ["rod"])
    assert found.rank == 4  # Izz + armature, Coulomb, viscous, offset
    assert len(found.without_effect) == 9
    assert set(found.merged) | {other for others in found.merged.values() for other in others} == {
        "rod.Izz",
        "hinge.armature",
    }
