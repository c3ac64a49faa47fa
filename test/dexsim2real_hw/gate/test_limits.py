"""Every limit fires, with its name, its value and its bound."""

import numpy as np
import pytest

from dexsim2real_description import JOINTS
from dexsim2real_hw.gate import CHUNK, LIMITS, Mode

from .conftest import HOME

MS = 1_000_000


def clamped(name):
    def scenario(rig):
        rig.run(0.1)
        rig.plan([rig.pose + np.eye(23)[6] * (10.0 if name == "position" else 0.03)], [0.0])
        rig.tick()
        return {r.name: r for r in rig.state.fired}[name]

    return scenario


def rejected(offer):
    def scenario(rig):
        rig.run(0.1)
        rig.now += 2 * MS  # so that a stamp may be new
        offer(rig)
        rig.now -= 2 * MS
        rig.tick()
        assert rig.state.mode is Mode.RUNNING  # one bad message stops nothing
        return rig.state.rejected

    return scenario


def stopped(provoke):
    def scenario(rig):
        rig.run(0.1)
        provoke(rig)
        assert rig.state.mode is Mode.STOPPED
        return rig.state.cause[0]

    return scenario


def quiet(rig):
    rig.tick(26, quiet=("joint_states",))


def slow(rig):
    """A joint state in every sixth tick only: 42 Hz."""
    for _ in range(130):
        if rig.state.mode is Mode.STOPPED:
            return
        rig.plan([rig.pose], [0.0])
        rig.tick(5, quiet=("joint_states",))
        rig.tick()


def lose_the_policy(rig):
    rig.gate.publisher_lost(CHUNK)
    rig.tick()


def refuse_to_act(rig):
    rig.plan([], [], excuse="front camera: silent")
    rig.tick()


def stand_still(rig):
    rig.now += 300 * MS
    rig.feel()
    rig.press()
    rig.plan([rig.pose], [0.0])
    rig.tick_now()


def strain(rig):
    rig.now += MS
    rig.feel(effort=np.eye(23)[1] * -80.0)
    rig.tick_now()


def block(rig):
    for _ in range(120):
        rig.plan([HOME + 0.5 * np.eye(23)[3]], [0.0])
        rig.pose = HOME.copy()  # the robot does not move
        rig.tick()
        if rig.state.mode is Mode.STOPPED:
            return


def squeeze(rig):
    rig.now += MS
    rig.press(25.0, finger=2)
    rig.tick_now()


def reach_far(rig):
    """Measured with the elbow stretched."""
    rig.now += MS
    pose = rig.pose.copy()
    pose[[1, 3, 5]] = 1.2, -0.4, 2.5
    rig.feel(position=pose)
    rig.tick_now()


def fail_trials(rig):
    for success in (False, False, True, False, False):
        rig.gate.trial_ended(success)
    rig.tick()
    assert rig.state.mode is Mode.RUNNING
    rig.gate.trial_ended(success=False)
    rig.tick()


def ask_to_stop(rig):
    rig.gate.stop()
    rig.tick()


def arm_while_moving(rig):
    rig.tick(2)
    rig.now += MS
    rig.feel(velocity=np.eye(23)[4] * 0.5)
    answer = rig.gate.arm(rig.now)
    assert not answer.accepted
    assert "rest arm_joint_5: 0.5 rad/s against 0.2 rad/s" in answer.message
    return answer.faults[0]


SCENARIOS = {
    "position": (clamped("position"), "arm_joint_7", -0.785 + 10.0, 2.8973),
    "velocity": (clamped("velocity"), "arm_joint_7", 0.03 * 250, 2.61),
    "acceleration": (clamped("acceleration"), "arm_joint_7", 0.03 * 250**2, 20.0),
    "jerk": (clamped("jerk"), "arm_joint_7", 2 * 0.03 * 250**3, 10000.0),
    "joints": (rejected(lambda rig: rig.plan([rig.pose[1:]], [0], names=JOINTS[1:])), "missing arm_joint_1", 22, 23),
    "shape": (rejected(lambda rig: rig.plan([rig.pose, rig.pose[1:]], [0, 1])), "chunk point 1", 22, 23),
    "finite": (rejected(lambda rig: rig.plan([rig.pose * np.nan], [0])), "chunk", 23, 0),
    "points": (rejected(lambda rig: rig.plan([rig.pose] * 65, np.arange(65) / 30)), "chunk", 65, 64),
    "times": (rejected(lambda rig: rig.plan([rig.pose] * 3, [0.0, 0.2, 0.1])), "chunk point 2", 0.1, 0.2),
    "horizon": (rejected(lambda rig: rig.plan([rig.pose] * 2, [0.0, 6.0])), "chunk", 6.0, 5.0),
    "stamp_ahead": (rejected(lambda rig: rig.feel(stamp=rig.now + 50 * MS)), "joint_states", 0.05, 0.02),
    "stamp_order": (rejected(lambda rig: rig.press(stamp=rig.now - 12 * MS)), "touch", -0.01, 0.0),
    "delay": (rejected(lambda rig: rig.press(stamp=rig.now - 160 * MS)), "touch", 0.16, 0.15),
    "age": (stopped(quiet), "joint_states", 0.104, 0.1),
    "rate": (stopped(slow), "joint_states", None, 60.0),
    "policy": (stopped(refuse_to_act), "front camera: silent", 1, 0),
    "alive": (stopped(lose_the_policy), "chunk", 0, 1),
    "clock": (stopped(stand_still), "tick", 0.3, 0.1),
    "effort": (stopped(strain), "arm_joint_2", 80.0, 0.9 * 87.0),
    "following": (stopped(block), "arm_joint_4", None, 0.35),
    "touch_force": (stopped(squeeze), "ring", 25.0, 20.0),
    "workspace": (stopped(reach_far), "palm x (measured)", 0.939264, 0.85),
    "failed_trials": (stopped(fail_trials), "in a row", 3, 2),
    "operator": (stopped(ask_to_stop), "stop", 1, 0),
    "rest": (arm_while_moving, "arm_joint_5", 0.5, 0.2),
}


def test_there_is_a_scenario_for_every_limit():
    assert set(SCENARIOS) == set(LIMITS)


@pytest.mark.parametrize("name", LIMITS)
def test_the_limit_fires_with_its_name_value_and_bound(rig, name):
    scenario, where, value, bound = SCENARIOS[name]
    reading = scenario(rig)
    assert (reading.name, reading.where) == (name, where)
    assert reading.bound == pytest.approx(bound)
    if value is not None:
        assert reading.value == pytest.approx(value, rel=1e-6, abs=1e-9)
    assert reading.fired
    assert LIMITS[name].unit in str(reading)


@pytest.mark.parametrize(
    "provoke",
    [quiet, lose_the_policy, refuse_to_act, stand_still, strain, squeeze, reach_far, fail_trials, ask_to_stop],
)
def test_a_stop_on_the_way_comes_to_rest_inside_the_limits(rig, excess, provoke):
    rig.run(0.1)
    target = rig.pose + 0.3
    while np.abs(rig.sent[-1] - rig.sent[-2]).max() < 1e-3:
        rig.plan([target], [0.0])
        rig.tick()
    provoke(rig)
    assert rig.state.mode is Mode.STOPPED
    rig.tick(250)
    assert rig.state.mode is Mode.STOPPED
    assert not rig.state.moving
    assert max(excess(rig.cell.limits, rig.gate.config.period, rig.sent).values()) < 1e-6
