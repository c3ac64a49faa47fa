"""When motion ended, and how near commands came to the limits."""

import numpy as np
import pytest

from dexsim2real_bringup.motion_record import MotionRecord, within, worst_share
from dexsim2real_description import Limits


def record(values):
    made = MotionRecord()
    for k, value in enumerate(values):
        made.add(0.1 * k, np.array([value, 0.0]))
    return made


def test_motion_has_settled_after_its_last_large_value():
    assert record([1.0, 0.5, 0.0, -0.3, 0.0, 0.0]).settled(0.05, 0.1) == pytest.approx(0.4)


def test_motion_that_goes_on_has_not_settled():
    assert record([1.0, 0.5, 0.4]).settled(0.05, 0.1) is None


def test_what_stands_already_has_settled_at_once():
    assert record([1.0, 0.0, 0.0]).settled(0.05, 0.1) == 0.05


def limits(velocity, acceleration, jerk):
    one = np.ones(1)
    return Limits(-one, one, one * velocity, one * acceleration, one * jerk, one)


def test_the_worst_share_is_that_of_the_tightest_limit():
    positions = np.array([[0.0], [0.0], [0.1], [0.2], [0.2]])  # period 0.1: velocity 1, acceleration 10, jerk 100
    assert worst_share(positions, limits(2.0, 100.0, 1000.0), 0.1) == pytest.approx(0.5)
    assert worst_share(positions, limits(2.0, 5.0, 1000.0), 0.1) == pytest.approx(2.0)
    assert worst_share(positions, limits(2.0, 100.0, 100.0), 0.1) == pytest.approx(1.0)  # 10 / 0.1
    assert worst_share(positions[:1], limits(1.0, 1.0, 1.0), 0.1) == 0.0


def test_rounding_is_no_violation():
    assert within(1.0 + 1e-9)
    assert not within(1.001)
