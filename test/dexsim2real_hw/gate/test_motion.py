import numpy as np
import pytest
import ruckig
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_description import JOINTS, Limits, make_cell
from dexsim2real_hw.gate.motion import LOOKAHEAD, MotionFilter

N = len(JOINTS)
CELLS = {"panda": make_cell("panda", "v4"), "fr3": make_cell("fr3", "v5")}
ROUNDING = 1e-6


def follow(motion, plan, scale=1.0):
    """What leaves for a plan, shape (n, J), preceded by the pose it starts from, at rest."""
    sent = [motion.position] * 4
    for k in range(len(plan) - LOOKAHEAD + 1):
        motion.step(plan[k : k + LOOKAHEAD], scale)
        sent.append(motion.position)
    return np.array(sent)


def new_filter(limits, period, start):
    motion = MotionFilter(limits, period, JOINTS)
    motion.start(start)
    return motion


def inner_limits(limits):
    """Constant limits, on 60 % of the range, that are inside the position-dependent ones."""
    middle, half = 0.5 * (limits.lower + limits.upper), 0.3 * (limits.upper - limits.lower)
    low, high = limits.velocity_bounds(np.stack([middle - half, middle + half]))
    speed = np.minimum(high.min(axis=0), -low.max(axis=0))
    return Limits(middle - half, middle + half, speed, limits.acceleration, limits.jerk, limits.effort)


def time_optimal(limits, period, rng, stops):
    """Bang-bang jerk from stop to random stop, sampled: as tight inside the limits as motion can be."""
    solver, path, ask = ruckig.Ruckig(N), ruckig.Trajectory(N), ruckig.InputParameter(N)
    ask.synchronization = ruckig.Synchronization.No
    ask.max_velocity, ask.max_acceleration = limits.velocity.tolist(), limits.acceleration.tolist()
    ask.max_jerk = limits.jerk.tolist()
    here = rng.uniform(limits.lower, limits.upper)
    rows = [here]
    for _ in range(stops):
        there = rng.uniform(limits.lower, limits.upper)
        ask.current_position, ask.target_position = here.tolist(), there.tolist()
        ask.current_velocity = ask.current_acceleration = [0.0] * N
        solver.calculate(ask, path)
        ticks = int(path.duration / period) + 5  # three ticks at rest, so that no difference spans two motions
        rows += [np.array(path.at_time(period * (k + 1))[0]) for k in range(ticks)]
        here = rows[-1]
    return np.array(rows + [here] * LOOKAHEAD)


@pytest.mark.parametrize("arm", CELLS)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), rate=st.sampled_from([120.0, 250.0, 500.0]))
def test_time_optimal_motion_inside_the_limits_passes_unchanged(arm, seed, rate):
    limits = CELLS[arm].limits
    plan = time_optimal(inner_limits(limits), 1 / rate, np.random.default_rng(seed), stops=2)
    motion = new_filter(limits, 1 / rate, plan[0])
    for k in range(len(plan) - LOOKAHEAD + 1):
        fired = motion.step(plan[k : k + LOOKAHEAD])
        assert not fired
        np.testing.assert_array_equal(motion.position, plan[k + 1])


@pytest.mark.parametrize("tightness", [0.5, 0.999999])
def test_a_wave_that_uses_a_limit_to_the_last_passes_unchanged(tightness, excess):
    limits, period = CELLS["panda"].limits, 0.004
    middle = 0.5 * (limits.lower + limits.upper)
    phase = 2.0 * period * np.arange(1500)
    wave = np.sin(phase)[:, None] ** 3 * np.ones(N)  # starts and ends with no velocity and no acceleration
    padded = np.concatenate([np.zeros((3, N)), wave])
    sizes = [np.abs(np.diff(padded, n, axis=0)).max(axis=0) / period**n for n in (1, 2, 3)]
    bounds = (limits.velocity, limits.acceleration, limits.jerk)
    room = np.minimum.reduce([b / s for b, s in zip(bounds, sizes, strict=True)])
    plan = middle + tightness * np.minimum(room, 0.5 * (limits.upper - limits.lower)) * wave
    sent = follow(new_filter(limits, period, middle), plan)
    np.testing.assert_array_equal(sent[4:], plan[1 : 1 + len(sent) - 4])
    if tightness > 0.9:
        assert max(excess(limits, period, sent).values()) > -1e-5  # it did use a limit to the last


def ticks_to_target(motion, target, scale=1.0, most=6000):
    plan = np.repeat(target[None], LOOKAHEAD, axis=0)
    sent = [motion.position] * 4
    for _ in range(most):
        motion.step(plan, scale)
        sent.append(motion.position)
        if motion.on_plan and motion.at_rest:
            return np.array(sent)
    raise AssertionError("never got there")


@pytest.mark.parametrize("arm", CELLS)
def test_a_jump_is_made_up_for_in_little_more_than_the_shortest_time(arm, excess):
    limits, period = CELLS[arm].limits, 0.004
    inner = inner_limits(limits)
    start, target = inner.lower, inner.upper
    solver, path, ask = ruckig.Ruckig(N), ruckig.Trajectory(N), ruckig.InputParameter(N)
    ask.max_velocity, ask.max_acceleration = limits.velocity.tolist(), limits.acceleration.tolist()
    ask.max_jerk, ask.current_position, ask.target_position = limits.jerk.tolist(), start.tolist(), target.tolist()
    solver.calculate(ask, path)
    sent = ticks_to_target(new_filter(limits, period, start), target)
    assert len(sent) * period < 1.1 * path.duration + 0.2
    assert np.max(sent - target) < 1e-3  # overshoot
    assert max(excess(limits, period, sent).values()) <= ROUNDING


def test_easing_keeps_to_a_fraction_of_velocity_and_acceleration(excess):
    limits, period = CELLS["panda"].limits, 0.004
    start = 0.5 * (limits.lower + limits.upper)
    sent = ticks_to_target(new_filter(limits, period, start), start + 0.3, scale=0.2)
    fifth = Limits(
        limits.lower, limits.upper, 0.2 * limits.velocity, 0.2 * limits.acceleration, limits.jerk, limits.effort
    )
    beyond = excess(fifth, period, sent)
    assert beyond["velocity"] < 1e-3
    assert beyond["acceleration"] < 1e-3


@pytest.mark.parametrize("arm", CELLS)
def test_a_stop_from_full_speed_ends_at_the_stopping_point(arm, excess):
    limits, period = CELLS[arm].limits, 0.004
    inner = inner_limits(limits)
    motion = new_filter(limits, period, inner.lower)
    for _ in range(15):
        motion.step(np.repeat(inner.upper[None], LOOKAHEAD, axis=0))
    before, speed = motion.position, motion.velocity
    assert (speed > 0.2).all()
    point = motion.stopping_point()
    # Not nearer than constant deceleration takes, and at most what turning the acceleration round adds to it.
    top = speed + limits.acceleration**2 / (2 * limits.jerk)
    most = top**2 / (2 * limits.acceleration) + top * (2 * limits.acceleration / limits.jerk + 2 * period)
    assert (point - before >= speed**2 / (2 * limits.acceleration)).all()
    assert (point - before <= most).all()
    sent = ticks_to_target(motion, point)
    seconds = speed / limits.acceleration + 2 * limits.acceleration / limits.jerk
    assert len(sent) * period < seconds.max() + 0.1
    assert max(excess(limits, period, sent[3:]).values()) <= ROUNDING


def test_the_limit_that_changed_a_command_is_named_with_value_and_bound():
    limits, period = CELLS["panda"].limits, 0.01
    start = 0.5 * (limits.lower + limits.upper)

    def fired(joint, offsets):
        motion = new_filter(limits, period, start)
        plan = np.repeat(start[None], LOOKAHEAD, axis=0)
        plan[1:, joint] += offsets
        return {r.name: r for r in motion.step(plan)}

    # 0.05 rad in a tick of 10 ms: 5 rad/s, 500 rad/s^2 and 50000 rad/s^3 from rest.
    readings = fired(0, [0.05, 0.05, 0.05])
    assert (readings["velocity"].where, readings["velocity"].bound) == ("arm_joint_1", 2.175)
    assert readings["velocity"].value == pytest.approx(5.0)
    assert readings["acceleration"].bound == 15.0
    assert readings["jerk"].bound == 7500.0
    assert "position" not in readings
    # Just outside the range: the position is named, with the edge that it is beyond.
    beyond = limits.upper[6] + 0.1 - start[6]
    assert fired(6, [beyond] * 3)["position"].bound == 2.8973
    assert fired(6, [beyond] * 3)["position"].value == pytest.approx(2.9973)


def test_a_fast_command_towards_the_edge_fires_before_the_edge():
    limits, period = CELLS["panda"].limits, 0.004
    start = 0.5 * (limits.lower + limits.upper)
    start[0] = 1.0
    motion = new_filter(limits, period, start)
    target = np.repeat(start[None], LOOKAHEAD, axis=0)
    target[:, 0] = 2.8
    while motion.velocity[0] < 2.0:
        motion.step(target)
    target[:, 0] = motion.position[0] + 2.0 * period * np.arange(LOOKAHEAD)
    fired = []
    while not fired:
        fired = motion.step(target)
        target[:, 0] += 2.0 * period
    # 2 rad/s takes 2.0^2 / (2 * 15) = 0.133 rad to stop, so the last free command is that far from 2.8973.
    assert (fired[0].name, fired[0].where, fired[0].bound) == ("position", "arm_joint_1", 2.8973)
    assert fired[0].value > 2.8973
    assert motion.position[0] == pytest.approx(2.8973 - 0.133, abs=0.02)


PLANS = ("jumps", "noise", "fast wave", "outside", "poison", "creep", "spikes")


def hostile_plan(kind, limits, rng, length):
    """Rows that no robot could follow."""
    middle, half = 0.5 * (limits.lower + limits.upper), 0.5 * (limits.upper - limits.lower)
    t = np.arange(length)[:, None]
    jumps = np.repeat(rng.uniform(-1.3, 1.3, (length, N)), rng.integers(1, 60), axis=0)[:length]
    shape = {
        "jumps": jumps,
        "noise": 0.5 * np.sin(0.01 * t) + 10.0 ** rng.uniform(-6, 0) * rng.normal(size=(length, N)),
        "fast wave": rng.uniform(0.5, 1.5, N) * np.sin(rng.uniform(0.005, 1.0, N) * t),
        "outside": np.full((length, N), 10.0 ** rng.uniform(0, 5)) * rng.choice([-1, 1], N),
        "poison": np.where(rng.random((length, N)) < 0.1, rng.choice([np.nan, np.inf, -np.inf]), jumps),
        "creep": np.cumsum(rng.uniform(-2e-3, 2e-3, (length, N)), axis=0),
        "spikes": np.where(rng.random((length, N)) < 0.02, 5.0, 0.3 * np.sin(0.02 * t)),
    }[kind]
    return middle + half * shape


def random_limits(rng):
    """Limits of all sizes, some with more jerk than a tick can use, some with little."""
    velocity = 10.0 ** rng.uniform(-1, 1, N)
    acceleration = velocity * 10.0 ** rng.uniform(0, 2, N)
    jerk = acceleration * 10.0 ** rng.uniform(0.5, 3.5, N)
    half = 10.0 ** rng.uniform(-1, 0.5, N)
    return Limits(-half, half, velocity, acceleration, jerk, np.ones(N))


EXAMPLES, TICKS = 230, 440
"""230 sequences of 440 commands to each filter: 101 200 commands."""


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    kinds=st.lists(st.sampled_from(PLANS), min_size=1, max_size=4),
    robot=st.sampled_from([*CELLS, "random"]),
    rate=st.sampled_from([120.0, 250.0, 500.0]),
    scale=st.sampled_from([1.0, 0.2]),
)
def test_whatever_the_plan_the_command_is_inside_and_passes_again_unchanged(excess, seed, kinds, robot, rate, scale):
    rng = np.random.default_rng(seed)
    limits = random_limits(rng) if robot == "random" else CELLS[robot].limits
    start = rng.uniform(limits.lower, limits.upper)
    length = -(-TICKS // len(kinds))
    plan = np.concatenate([hostile_plan(kind, limits, rng, length) for kind in kinds])[:TICKS]
    with np.errstate(all="raise", under="ignore"):
        sent = follow(new_filter(limits, 1 / rate, start), np.concatenate([plan, plan[-1:]]), scale)
    for name, beyond in excess(limits, 1 / rate, sent).items():
        assert beyond <= ROUNDING, name
    # What left is a command inside the limits, so a second gate must not touch it.
    again = np.concatenate([sent[3:], np.repeat(sent[-1:], LOOKAHEAD, axis=0)])
    second = new_filter(limits, 1 / rate, start)
    for k in range(len(sent) - 4):
        assert not second.step(again[k : k + LOOKAHEAD]) or k >= len(sent) - 4 - LOOKAHEAD
        np.testing.assert_array_equal(second.position, again[k + 1])
