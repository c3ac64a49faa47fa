"""Joints that follow a swing late, by a delay of their own and one that they share."""

import numpy as np
import pytest

from dexsim2real_audit.delay_model import GROUPS, DelayModel, delay_parts
from dexsim2real_audit.trace import POSITION
from dexsim2real_sim import PARAMETERS

NAMES = ("arm_delay", "joint_lag", "arm_stiffness")
TIMES = np.arange(240) / 60
OMEGA = 2 * np.pi * np.linspace(0.7, 2.3, 23)
HIGH = np.array([0.07, 0.03, 1.0])


def swing(draws, seed=0):
    """Positions, shape (n, T, 23): the arm is late by both, the hand by twice as much, and all are noisy."""
    late = draws[:, 0] + draws[:, 1]
    of_joint = late[:, None] * np.where(np.arange(23) < 7, 1.0, 2.0)
    clean = np.sin(OMEGA * (TIMES[:, None] - of_joint[:, None]))
    return {POSITION: clean + np.random.default_rng(seed).normal(0, 0.002, clean.shape)}


def model_of(group, high=HIGH, names=NAMES):
    draws = np.random.default_rng(1).uniform(0, high, (300, 3))
    return DelayModel(group, swing(draws), draws[:, : len(names)], names, {POSITION: 1e-3})


@pytest.mark.parametrize("parts", [(0.07, 0.0), (0.01, 0.03), (0.0, 0.0), (0.067, 0.007)])
def test_the_sum_is_found_where_the_parts_cannot_be(parts):
    """Also at the ends of what it learnt from, where an estimate that was drawn to the middle would be off."""
    trace = {name: values[0] for name, values in swing(np.array([[*parts, 0.5]]), seed=2).items()}
    assert model_of("arm")(trace) == pytest.approx(sum(parts), abs=0.002)


def test_other_joints_have_no_say():
    trace = {name: values[0] for name, values in swing(np.array([[0.02, 0.01, 0.5]]), seed=2).items()}
    model = model_of("arm")
    told = model(trace)
    trace[POSITION][:, GROUPS["hand"]] = 9.0
    assert model(trace) == told


def test_what_is_not_varied_is_nominal():
    """Without the age of the readings among the parameters the sum has its nominal value in it."""
    fixed = np.array([0.07, 0.0, 1.0])
    trace = {name: values[0] for name, values in swing(np.array([[0.04, 0.0, 0.5]]), seed=2).items()}
    found = model_of("arm", fixed, ("arm_delay",))(trace)
    assert delay_parts("arm") == ("arm_delay", "joint_lag")
    assert found == pytest.approx(0.04 + PARAMETERS["joint_lag"].nominal, abs=0.002)


def test_new_traces_are_told_within_a_millisecond():
    model = model_of("arm")
    draws = np.random.default_rng(5).uniform(0, HIGH, (60, 3))
    found = [model({POSITION: row}) for row in swing(draws, seed=6)[POSITION]]
    assert np.sqrt(np.mean((found - draws[:, :2].sum(axis=1)) ** 2)) < 0.001
