"""The hand's position servo: PD by hand, clamps, goal speed, and any input at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dexsim2real_hw.allegro.hands import hand_type
from dexsim2real_hw.allegro.servo import JointServo

V4, V5B = hand_type("v4"), hand_type("v5b")
DT = 0.003
MIDDLE = (V4.limits.lower + V4.limits.upper) / 2


def test_pd_by_hand():
    servo = JointServo(V4)
    servo.reset(MIDDLE)
    counts = servo.step(MIDDLE, MIDDLE + 0.02, DT)
    # 7 rad/s x 3 ms = 0.021 rad lets the goal arrive; 4000/1200 N m/rad x 0.02 rad x 1200 counts/N m = 80.
    assert counts.tolist() == [80] * 16


def test_damping_by_hand():
    servo = JointServo(V4)
    servo.reset(MIDDLE)
    counts = servo.step(MIDDLE + 0.003, MIDDLE, DT)
    # Measured 1 rad/s; the filter lets 3 / (3 + 5.305) = 0.3612 through; kd of joint 0 is 150/1200 N m s/rad:
    # -(3.3333 x 0.003 + 0.125 x 0.3612) x 1200 = -66.2.
    assert servo.velocity[0] == pytest.approx(0.36121, abs=1e-4)
    assert counts[0] == -66


def test_geared_joints_of_a_plus_get_half_the_current_for_the_same_torque():
    servo = JointServo(V5B)
    start = (V5B.limits.lower + V5B.limits.upper) / 2
    servo.reset(start)
    counts = servo.step(start, start + 0.02, DT)
    assert (counts[0], counts[1]) == (29, 14)  # 1 N m/rad x 0.02 x 1430 = 28.6; x 0.5 = 14.3
    assert servo.torque(counts)[1] == pytest.approx(servo.torque(counts)[0], rel=0.05)


def test_stiffness_and_effort_scales():
    soft = JointServo(V4, stiffness=0.25, effort_scale=0.1)
    soft.reset(MIDDLE)
    assert soft.step(MIDDLE, MIDDLE + 0.02, DT).tolist() == [20] * 16
    counts = [soft.step(MIDDLE, MIDDLE + 0.4, DT) for _ in range(100)][-1]
    assert counts.tolist() == np.floor(V4.limit * 0.1).tolist()


def test_reset_holds_a_joint_that_was_pushed_past_its_stop_at_the_stop():
    servo = JointServo(V4)
    servo.reset(V4.limits.upper + 0.1)
    assert (servo.goal == V4.limits.upper).all()


@given(
    arrays(np.float64, 16, elements=st.floats(-4, 4)),
    st.lists(arrays(np.float64, 16, elements=st.floats(allow_nan=True, allow_infinity=True)), min_size=1, max_size=6),
    st.floats(0.0, 0.05),
)
def test_any_target_keeps_torque_and_goal_within_limits(start, targets, dt):
    servo = JointServo(V5B)
    servo.reset(start)
    for target in targets:
        before = servo.goal
        counts = servo.step(start, target, dt)
        assert (np.abs(counts) <= V5B.limit).all()
        assert (servo.goal >= V5B.limits.lower).all()
        assert (servo.goal <= V5B.limits.upper).all()
        assert (np.abs(servo.goal - before) <= V5B.limits.velocity * dt + 1e-12).all()
