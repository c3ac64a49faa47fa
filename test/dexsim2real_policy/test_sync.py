import numpy as np
import pytest

from dexsim2real_policy.sync import JointSample, SensorSync, StaleError

from .conftest import BLIND, OBSERVATION

MS = 1_000_000
NOW = 1_000 * MS


def sample(value: float) -> JointSample:
    return JointSample(*(np.full(23, value),) * 3)


def filled(**late_ms: int) -> SensorSync:
    """Everything fresh at NOW but what is late."""
    sync = SensorSync(OBSERVATION)
    sync.joints.put(NOW - late_ms.get("joints", 5) * MS, sample(1.0))
    sync.touch.put(NOW - late_ms.get("touch", 10) * MS, np.ones((4, 15, 3), np.float32))
    for name in OBSERVATION.cameras:
        sync.cameras[name].put(NOW - late_ms.get(name, 40) * MS, np.zeros((4, 4, 3), np.uint8))
    return sync


def test_fresh_values_come_with_their_ages():
    observation = filled().take(NOW)
    assert observation.stamp_ns == NOW - 5 * MS
    assert observation.ages == pytest.approx(
        {"joint states": 0.005, "touch": 0.01, "front camera": 0.04, "wrist camera": 0.04}
    )
    assert list(observation.images) == ["front", "wrist"] and observation.command is None


@pytest.mark.parametrize(
    ("late", "message"),
    [
        ({"joints": 51, "touch": 60, "front": 60, "wrist": 60}, "joint states: 0.051 s old, limit 0.05 s"),
        ({"touch": 151}, "touch: 0.151 s old, limit 0.15 s"),
        ({"wrist": 251}, "wrist camera: 0.251 s old, limit 0.25 s"),
        ({"joints": -60}, "joint states: -0.060 s old"),  # a clock that runs ahead is no better
    ],
)
def test_stale_values_are_refused_by_name(late: dict, message: str):
    with pytest.raises(StaleError, match=message):
        filled(**late).take(NOW)


def test_values_at_their_limit_are_taken():
    filled(joints=50, touch=150, front=250, wrist=250).take(NOW)


def test_a_sensor_whose_clock_runs_ahead_is_named():
    with pytest.raises(StaleError, match="touch: every value is younger than the joint state"):
        filled(touch=-500).take(NOW)


def test_a_silent_sensor_is_named():
    with pytest.raises(StaleError, match="joint states: no value received"):
        SensorSync(OBSERVATION).take(NOW)
    sync = SensorSync(OBSERVATION)
    sync.joints.put(NOW, sample(0.0))
    with pytest.raises(StaleError, match="touch: no value received"):
        sync.take(NOW)


def test_nothing_is_younger_than_the_joint_state():
    sync = filled()
    sync.touch.put(NOW - 6 * MS, np.full((4, 15, 3), 2.0, np.float32))  # before the joint state of -5 ms
    sync.touch.put(NOW - 4 * MS, np.full((4, 15, 3), 3.0, np.float32))  # after it
    assert sync.take(NOW).touch[0, 0, 0] == 2.0


def test_the_same_stamps_give_the_same_observation_however_late_they_are_looked_at():
    early, late = filled().take(NOW), filled().take(NOW + 20 * MS)
    assert early.stamp_ns == late.stamp_ns and np.array_equal(early.touch, late.touch)


def test_where_time_goes_back_the_past_is_forgotten():
    sync = SensorSync(BLIND)
    sync.joints.put(NOW, sample(1.0))
    sync.joints.put(NOW - 900 * MS, sample(2.0))
    assert sync.take(NOW - 900 * MS).joints.position[0] == 2.0


def test_the_command_in_force_is_the_newest_not_younger_and_not_old():
    sync = SensorSync(BLIND)
    sync.joints.put(NOW - 5 * MS, sample(0.0))
    for age, value in ((20, 1.0), (8, 2.0), (2, 3.0)):
        sync.command.put(NOW - age * MS, np.full(23, value))
    assert sync.take(NOW).command[0] == 2.0
    sync = SensorSync(BLIND)
    sync.joints.put(NOW - 5 * MS, sample(0.0))
    sync.command.put(NOW - 60 * MS, np.zeros(23))  # the gate has fallen silent
    assert sync.take(NOW).command is None
