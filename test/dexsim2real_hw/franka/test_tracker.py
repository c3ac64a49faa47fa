"""The arm's planner and guard against the robot's own checks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_hw.franka import standin
from dexsim2real_hw.franka.bounds import DT, INSET, RESERVE, Bounds, fr3_limits, guard_bounds, planner_bounds
from dexsim2real_hw.franka.tracker import StepGuard, Tracker

LIMITS = fr3_limits()
HOME = standin.Robot().q_d.copy()


class Rig:
    """Planner, guard and robot, as the loop connects them."""

    def __init__(self, start=HOME):
        self.robot = standin.Robot(paced=False, q_d=np.array(start, dtype=float))
        self.control = self.robot.start_joint_position_control(standin.ControllerMode.JointImpedance)
        self.tracker = Tracker(planner_bounds(LIMITS))
        self.guard = StepGuard(guard_bounds(LIMITS))
        self.bounded = 0
        self.resume(self.control.readOnce()[0])
        self.cycle()  # the first command of a motion is the robot's own pose

    def resume(self, state):
        self.tracker.reset(state.q_d, state.dq_d, state.ddq_d)
        self.guard.reset(state.q_d, state.dq_d, state.ddq_d)

    def cycle(self, target=None, velocity=(0.0,) * 7):
        wish = None if target is None else self.tracker.follow(list(target), list(velocity))
        if wish is None:
            wish = self.tracker.slow_down()
        if not self.guard.let_through(wish):
            self.bounded += 1
            self.tracker.reset(self.guard.position, self.guard.velocity, self.guard.acceleration)
        self.control.writeOnce(standin.JointPositions(self.guard.position))
        state, duration = self.control.readOnce()
        if duration.to_sec() > 1.5 * DT:
            self.resume(state)
        return state


def test_the_envelope_is_the_makers_formula():
    # Joint 1 at 2.5 rad: -0.30 + sqrt(12 (2.7501 - 2.5)) = 1.4324; a quarter of it with share 0.25.
    position = [2.5, *HOME[1:]]
    low, high = Bounds(LIMITS, 0.25).velocity(position)
    assert high[0] == pytest.approx(0.25 * 1.43241, abs=1e-5)
    assert low[0] == pytest.approx(-0.25 * 2.62)


def test_braking_lowers_the_envelope_where_it_is_steep():
    # Joint 5: k = 34, a = 10: s = sqrt(2 x 0.8 x 10 / 34) = 0.68599.
    position = [*HOME[:4], 2.7, *HOME[5:]]
    full = Bounds(LIMITS, 1.0).velocity(position)[1][4]
    assert planner_bounds(LIMITS).velocity(position)[1][4] == pytest.approx(0.68599 * full - RESERVE, rel=1e-4)


def test_a_step_target_is_reached_and_the_robot_agrees_with_every_step():
    rig = Rig()
    target = HOME + 0.3
    for _ in range(1500):
        state = rig.cycle(target)
    assert state.q_d == pytest.approx(target, abs=1e-6)
    assert rig.tracker.at_rest
    assert rig.bounded == 0


def test_a_moving_target_with_its_velocity_is_followed_without_lag():
    rig = Rig()
    for k in range(2000):
        t = k * DT
        target, velocity = HOME + 0.4 * (1 - np.cos(t)), 0.4 * np.sin(t) * np.ones(7)
        state = rig.cycle(target, velocity)
        if t > 0.5:
            assert np.abs(np.array(state.q_d) - target).max() < 1.5e-3  # one cycle at 0.4 rad/s, and planning
    assert rig.bounded == 0


def test_slowing_down_ends_at_rest_within_the_time_the_limits_allow():
    rig = Rig()
    for _ in range(400):
        rig.cycle(HOME + 2.0)
    speed = np.abs(rig.robot.dq_d).max()
    assert speed > 1.0
    cycles = 0
    while not rig.tracker.at_rest:
        rig.cycle()
        cycles += 1
    assert cycles * DT < speed / (0.95 * 10) + 0.02  # v / a, and twice the time that jerk takes to build up a
    rig.cycle()  # the robot's velocity is the difference of the last two positions
    assert np.abs(rig.robot.dq_d).max() < 1e-6


def test_a_target_beyond_the_limits_is_approached_to_the_inset():
    rig = Rig()
    for _ in range(6000):
        state = rig.cycle([10.0] * 7)
    assert state.q_d == pytest.approx(LIMITS.upper - INSET, abs=1e-3)


def test_guard_bounds_a_jump_to_what_jerk_allows():
    guard = StepGuard(guard_bounds(LIMITS))
    guard.reset(HOME, [0.0] * 7, [0.0] * 7)
    assert not guard.let_through(HOME + 0.01)
    # Jerk 0.99 x 5000 for 1 ms: a = 4.95, v = 0.00495, x = 4.95e-6.
    assert guard.position == pytest.approx(HOME + 4.95e-6, abs=1e-12)
    assert guard.acceleration == pytest.approx([4.95] * 7)


def test_guard_leaves_allowed_steps_alone():
    guard = StepGuard(guard_bounds(LIMITS))
    guard.reset(HOME, [0.0] * 7, [0.0] * 7)
    assert guard.let_through(HOME + 4.9e-6)
    assert guard.position == (HOME + 4.9e-6).tolist()


@pytest.mark.parametrize("lost", [1, 5, 19])
def test_motion_goes_on_after_lost_packets(lost):
    rig = Rig()
    for k in range(1200):
        if k in (80, 300, 301, 600):
            rig.robot.lose_next = lost
        rig.cycle(HOME + 0.5)
    assert rig.robot.q_d == pytest.approx(HOME + 0.5, abs=1e-6)


positions = st.tuples(*[st.floats(-3.5, 5.0) for _ in range(7)])
velocities = st.tuples(*[st.floats(-8.0, 8.0) for _ in range(7)])
orders = st.lists(
    st.tuples(positions, velocities, st.integers(1, 60), st.integers(0, 5), st.booleans()), min_size=5, max_size=25
)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.floats(0.0, 1.0) for _ in range(7)]), orders)
def test_no_sequence_of_targets_makes_the_robot_stop(start, orders):
    lower, upper = LIMITS.lower + INSET, LIMITS.upper - INSET
    rig = Rig(lower + np.array(start) * (upper - lower))
    for target, velocity, cycles, lost, stop in orders:
        rig.robot.lose_next = lost
        for _ in range(cycles):
            rig.cycle(None if stop else target, velocity)  # the robot raises if a rule is broken
    while not rig.tracker.at_rest:
        rig.cycle()
