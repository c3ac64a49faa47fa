import numpy as np
import pytest

from dexsim2real_description import JOINTS
from dexsim2real_hw.gate import CHUNK, Mode
from dexsim2real_hw.gate.safety_gate import CAUGHT_UP

MS = 1_000_000
QUARTER_SECOND = 250


def follow_a_moving_plan(rig, seconds, joint=5, speed=0.4):
    """Runs with a plan that moves one joint steadily, in chunks of 0.5 s every 40 ms."""
    for k in range(round(seconds * rig.gate.config.rate)):
        if k % 10 == 0:
            times = np.arange(16) / 30
            rows = np.repeat(rig.pose[None], 16, axis=0)
            rows[:, joint] += speed * times
            rig.plan(rows, times, np.repeat(speed * np.eye(23)[[joint]], 16, axis=0))
        rig.tick()


def test_nothing_leaves_before_a_person_arms(rig):
    rig.plan([rig.pose + 0.1], [0.0])
    assert rig.tick(50) is None
    assert rig.state.mode is Mode.DISARMED
    assert rig.sent == []


def test_it_cannot_be_armed_before_every_input_was_seen(rig):
    answer = rig.gate.arm(rig.now)
    assert not answer.accepted
    assert [(r.name, r.where) for r in answer.faults] == [("age", "joint_states"), ("age", "touch")]
    rig.tick(2, quiet=("touch",))
    assert [r.where for r in rig.gate.arm(rig.now).faults] == ["touch"]


def test_a_bare_hand_needs_no_touch(make_rig):
    rig = make_rig(touch="none")
    rig.tick(2, quiet=("touch",))
    assert rig.gate.arm(rig.now).accepted


def test_armed_it_holds_the_measured_pose(rig):
    pose = rig.pose.copy()
    rig.arm()
    rig.tick(100)
    assert rig.state.mode is Mode.ARMED
    np.testing.assert_array_equal(rig.sent, np.repeat(pose[None], len(rig.sent), axis=0))


def test_a_chunk_from_before_arming_moves_nothing(rig):
    rig.tick(2)
    rig.plan([rig.pose + 0.1], [0.0])
    assert rig.gate.arm(rig.now).accepted
    rig.tick(20)
    assert rig.state.mode is Mode.ARMED
    assert not rig.state.moving


def test_a_policy_that_cannot_act_starts_nothing_and_the_gate_repeats_why(rig):
    rig.arm()
    rig.plan([], [], excuse="wrist camera:\nsilent " + "x" * 1000)
    rig.tick(20)
    assert rig.state.mode is Mode.ARMED and not rig.state.moving
    assert str(rig.state.rejected).startswith("policy wrist camera: silent xxx")
    assert len(str(rig.state.rejected)) < 150
    rig.plan([rig.pose], [0.0])
    rig.tick()
    assert rig.state.mode is Mode.RUNNING  # it can act again


def test_a_motion_inside_the_limits_leaves_as_it_came(rig):
    rig.arm()
    start, period = rig.pose.copy(), rig.gate.config.period
    times = period * np.arange(64)
    wave = start + 0.005 * np.sin(np.minimum(times / 0.2, 1.0) * np.pi)[:, None] ** 3
    rig.plan(wave, times, stamp=rig.now + rig.period_ns)
    for _ in range(30):
        rig.tick()
        assert rig.state.fired == ()
    np.testing.assert_array_equal(rig.sent[3:], wave[:31])


def test_it_eases_from_the_measured_pose_to_the_plan(rig, excess):
    rig.arm()
    target = rig.pose + 0.2
    speeds = []
    while not rig.state or rig.state.mode is not Mode.RUNNING or rig.state.easing:
        rig.plan([target], [0.0])
        rig.tick()
        speeds.append(np.abs(rig.sent[-1] - rig.sent[-2]) / rig.gate.config.period)
    assert 0.0 < np.abs(rig.sent[-1] - target).max() < CAUGHT_UP
    for _ in range(60):
        rig.plan([target], [0.0])
        rig.tick()
    np.testing.assert_array_equal(rig.sent[-1], target)
    assert (np.max(speeds, axis=0) <= 0.2 * rig.cell.limits.velocity * 1.001).all()
    assert max(excess(rig.cell.limits, rig.gate.config.period, rig.sent).values()) < 1e-6


def test_a_plan_that_begins_later_is_still_eased_into(rig):
    rig.arm()
    target = rig.pose + 0.1
    rig.plan([target], [0.05])
    rig.tick(10)
    assert rig.state.easing


def test_a_stop_lasts_until_a_person_resets(rig):
    rig.run(0.2)
    assert rig.gate.stop().accepted
    rig.tick(5)
    held = rig.pose.copy()
    for _ in range(50):
        rig.plan([held + 0.1], [0.0])
        rig.tick()
    assert rig.state.mode is Mode.STOPPED
    np.testing.assert_array_equal(rig.pose, held)
    assert not rig.gate.arm(rig.now).accepted
    assert rig.gate.reset().accepted
    assert rig.tick() is None
    assert (rig.state.mode, rig.state.cause) == (Mode.DISARMED, ())


def test_after_a_reset_it_starts_from_the_pose_that_is_measured_then(rig):
    rig.run(0.1)
    rig.gate.stop()
    rig.tick(20)
    assert rig.gate.reset().accepted
    rig.pose = rig.pose + 0.05  # somebody moved the arm by hand
    moved = rig.pose.copy()
    rig.arm()
    rig.tick(3)
    np.testing.assert_array_equal(rig.sent[-1], moved)


def test_only_a_stopped_gate_at_rest_can_be_reset(rig):
    rig.run(0.1)
    assert "stop it first" in rig.gate.reset().message
    follow_a_moving_plan(rig, 0.5)
    rig.gate.stop()
    rig.tick()
    assert "still decelerating" in rig.gate.reset().message


def test_a_stop_before_arming_counts(rig):
    rig.tick(2)
    rig.gate.stop()
    assert "stopped" in rig.gate.arm(rig.now).message
    assert rig.tick() is None


def test_resetting_a_disarmed_gate_changes_nothing(rig):
    rig.tick(2)
    assert rig.gate.reset().accepted
    assert rig.gate.mode is Mode.DISARMED


@pytest.mark.parametrize(("off", "armed"), [(0.04, True), (0.06, False)])
def test_a_joint_measured_a_little_outside_its_range_is_brought_to_its_edge(rig, off, armed):
    edge = rig.cell.limits.upper[8]
    rig.pose[8] = edge + off
    rig.tick(2)
    answer = rig.gate.arm(rig.now)
    assert answer.accepted == armed
    if armed:
        assert rig.tick().position[8] == edge
    else:
        assert "position index_joint_1" in answer.message


def feed(rig, fault):
    """A tick of which one input is at fault; returns what is still fed by the rig."""
    late = rig.now + rig.period_ns - 500 * MS
    quiet = {"joint_states": ("joint_states",), "touch": ("touch",)}.get(fault.split()[0], ())
    if fault == "joint_states delayed":
        rig.feel(stamp=late)
    elif fault == "joint_states nan":
        rig.feel(position=rig.pose * np.nan, stamp=rig.now)
    elif fault == "touch delayed":
        rig.press(stamp=late)
    elif fault == "touch nan":
        rig.press(np.nan, stamp=rig.now)
    elif fault == "chunk delayed":
        rig.plan([rig.pose], [0.0], stamp=late)
    elif fault == "chunk nan":
        rig.plan([rig.pose * np.nan], [0.0])
    rig.tick(quiet=quiet)


@pytest.mark.parametrize(
    "fault", [f"{i} {f}" for i in ("joint_states", "touch", "chunk") for f in ("frozen", "delayed", "nan")]
)
def test_a_faulty_input_stops_and_holds_within_a_quarter_of_a_second(rig, excess, fault):
    rig.run(0.2)
    follow_a_moving_plan(rig, 0.5)
    assert rig.state.mode is Mode.RUNNING
    assert rig.state.moving
    began = rig.now
    while (rig.state.mode, rig.state.moving) != (Mode.STOPPED, False):
        if not fault.startswith("chunk") and (rig.now - began) % (40 * MS) == 0:
            rig.plan([rig.pose], [0.0])
        feed(rig, fault)
        assert rig.now - began <= QUARTER_SECOND * MS
    assert (rig.state.cause[0].name, rig.state.cause[0].where) == ("age", fault.split()[0])
    if fault.endswith("nan"):
        assert rig.state.rejected.name == "finite"
    if fault.endswith("delayed"):
        assert (rig.state.rejected.name, rig.state.rejected.where) == ("delay", fault.split()[0])
    assert max(excess(rig.cell.limits, rig.gate.config.period, rig.sent).values()) < 1e-6


def test_a_command_that_would_take_the_palm_out_of_its_box_stops(rig):
    rig.run(0.2)
    target = rig.pose.copy()
    target[[1, 3, 5]] = 1.2, -0.4, 2.5  # forward and stretched
    while rig.state.mode is Mode.RUNNING:
        rig.plan([target], [0.0])
        rig.tick(quiet=("joint_states",))
        rig.feel(position=rig.sent[-4])  # the robot lags behind its commands
    cause = rig.state.cause[0]
    assert (cause.name, cause.where, cause.bound) == ("workspace", "palm x (commanded)", 0.85)
    assert cause.value == pytest.approx(0.85, abs=0.02)


def test_a_peak_between_two_ticks_is_not_lost(rig):
    rig.run(0.1)
    rig.now += MS
    rig.feel(effort=np.eye(23)[0] * 87.0)
    rig.now += MS
    rig.feel()
    rig.tick()
    assert rig.state.mode is Mode.STOPPED
    assert (rig.state.cause[0].name, rig.state.cause[0].where) == ("effort", "arm_joint_1")


def test_a_finger_that_is_held_off_its_command_is_no_fault(rig):
    rig.run(0.1)
    rig.now += MS
    rig.feel(position=rig.pose + np.eye(23)[8] * 0.6)
    rig.tick_now()
    assert rig.state.mode is Mode.RUNNING


def test_losing_the_policy_matters_only_while_it_is_followed(rig):
    rig.arm()
    rig.gate.publisher_lost(CHUNK)
    assert rig.gate.mode is Mode.ARMED
    rig.plan([rig.pose], [0.0])
    rig.gate.publisher_lost(CHUNK)
    assert rig.gate.mode is Mode.STOPPED


def test_jitter_of_the_ticks_does_not_shake_the_command(rig):
    rng = np.random.default_rng(3)
    rig.run(0.2)
    follow_a_moving_plan(rig, 0.3)
    times, even = np.arange(16) / 30, rig.now
    rows = np.repeat(rig.pose[None], 16, axis=0)
    rows[:, 5] += 0.4 * times
    rig.plan(rows, times, np.repeat(0.4 * np.eye(23)[[5]], 16, axis=0))
    rig.tick(10)
    before, sent = len(rig.sent), []
    for k in range(11, 30):
        rig.now = even + k * rig.period_ns + int(rng.integers(-MS, MS))
        rig.feel()
        rig.press()
        sent.append(rig.tick_now())
    steps = np.diff(np.array(rig.sent[before:])[:, 5])
    np.testing.assert_allclose(steps, 0.4 * rig.gate.config.period, rtol=1e-6)
    since = np.array([command.time_ns + rig.period_ns - even for command in sent]) * 1e-9
    planned = rows[0, 5] + 0.4 * since  # a command says when it holds: off by 1 ms, a stiff servo would be jerked
    np.testing.assert_allclose([command.position[5] for command in sent], planned, atol=1e-9)


def test_after_missed_ticks_it_takes_up_the_plan_at_the_right_time(rig, excess):
    rig.run(0.2)
    follow_a_moving_plan(rig, 0.3)
    rig.now += 5 * rig.period_ns  # five ticks that never came
    follow_a_moving_plan(rig, 0.3)
    assert rig.state.mode is Mode.RUNNING
    assert rig.gate.counters.skipped == 5
    assert rig.state.fired == ()  # it has caught up
    assert max(excess(rig.cell.limits, rig.gate.config.period, rig.sent).values()) < 1e-6


def test_time_that_goes_back_stops(rig):
    rig.run(0.2)
    rig.now -= 10 * rig.period_ns
    rig.tick_now()
    assert rig.state.mode is Mode.STOPPED
    assert (rig.state.cause[0].name, rig.state.cause[0].value) == ("clock", pytest.approx(-0.04))


def test_a_success_between_failures_counts_from_zero(rig):
    rig.run(0.1)
    for success in (False, False, True, False, False):
        rig.gate.trial_ended(success)
    rig.tick()
    assert rig.state.mode is Mode.RUNNING


def test_margins_name_everything_watched(rig):
    rig.run(1.2)
    margins = {(r.name, r.where.split(" ")[0]) for r in rig.gate.margins(rig.now)}
    names = {name for name, _ in margins}
    assert names == {
        "failed_trials", "age", "rate", "effort", "following", "touch_force", "workspace",
        "position", "velocity", "acceleration", "jerk",
    }  # fmt: skip
    assert {where for name, where in margins if name == "age"} == {"joint_states", "touch", "chunk"}
    assert all(r.margin >= 0 for r in rig.gate.margins(rig.now))


def test_counters_count(rig):
    rig.run(0.1)
    ticks = rig.gate.counters.ticks
    rig.plan([rig.pose], [0.0], names=JOINTS[1:])
    rig.plan([rig.pose + 0.1], [0.0])
    rig.tick(3)
    assert rig.gate.counters.ticks == ticks + 3
    assert rig.gate.counters.rejected == 1
    assert rig.gate.counters.limited == 3
    rig.gate.stop()
    rig.gate.stop()
    assert rig.gate.counters.stops == 1
