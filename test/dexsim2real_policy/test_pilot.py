from pathlib import Path

import numpy as np
import pytest

from dexsim2real_description.observation import SensorValues
from dexsim2real_policy import load_policy
from dexsim2real_policy.builtin import Trajectory, write_scripted
from dexsim2real_policy.pilot import Pilot
from dexsim2real_policy.sync import JointSample

from .conftest import ACTION, BLIND, CELL

MIDDLE = (CELL.limits.lower + CELL.limits.upper) / 2
SCALE = np.array(ACTION.scale)
MS = 1_000_000
PERIOD = 1e3 / 30


def feed(pilot: Pilot, ms: float, command: np.ndarray | None = MIDDLE, position: np.ndarray = MIDDLE) -> int:
    now = round((1000 + ms) * MS)
    if command is not None:
        pilot.sensors.command.put(now, command)
    pilot.sensors.joints.put(now, JointSample(position, position * 0, position * 0))
    return now


def test_on_the_robot_it_asks_for_what_it_would_in_simulation(drift: Path):
    pilot, simulated, target = Pilot(load_policy(drift)), load_policy(drift), MIDDLE
    for k in range(5):
        stamped = pilot.step(feed(pilot, k * PERIOD, command=target))
        chunk = simulated.act(SensorValues(MIDDLE, MIDDLE * 0, MIDDLE * 0, target))
        assert stamped.chunk.positions == pytest.approx(chunk.positions, abs=1e-6)
        target = chunk.positions[0]
    assert stamped.stamp_ns == round((1000 + 4 * PERIOD) * MS)
    assert (pilot.chunks, pilot.refused, pilot.problem) == (5, 0, "")
    assert pilot.timing_ms()[0] > 0


def test_a_late_observation_skips_the_steps_that_passed(drift: Path):
    pilot = Pilot(load_policy(drift))
    pilot.step(feed(pilot, 0))
    chunk = pilot.step(feed(pilot, 2 * PERIOD)).chunk
    # The first chunk said 0.1, 0.3, 0.6 after one, two and three steps; the new one starts at 0.3 after two steps
    # and says 0.4, 0.6, 0.9; the third step of the old one is the first of the new one.
    w = np.exp(0.01 * 2)
    assert chunk.positions[0] == pytest.approx(MIDDLE + (0.4 + w * 0.6) / (1 + w) * SCALE, abs=1e-6)
    assert chunk.positions[1] == pytest.approx(MIDDLE + 0.6 * SCALE, abs=1e-6)
    assert pilot.overruns >= 1


def test_stale_sensors_give_no_chunk_and_a_reason(drift: Path):
    pilot = Pilot(load_policy(drift))
    assert pilot.step(1000 * MS) is None and "no value received" in pilot.problem
    now = feed(pilot, 0)
    assert pilot.step(now + 60 * MS) is None and "0.060 s old" in pilot.problem
    assert pilot.refused == 2 and pilot.chunks == 0


def test_one_joint_state_is_used_once(drift: Path):
    pilot = Pilot(load_policy(drift))
    now = feed(pilot, 0)
    assert pilot.step(now) is not None
    assert pilot.step(now + MS) is None and pilot.problem == "no joint state since the last call"


def test_an_episode_begins_when_the_gate_begins_to_command(tmp_path: Path):
    write_scripted(tmp_path / "s", Trajectory(np.array([1.0]), MIDDLE[None]), BLIND, ACTION, "pouring", "Pour.", 30)
    pilot = Pilot(load_policy(tmp_path / "s"))
    away = MIDDLE - 0.06
    for k in range(30):  # a second of waiting costs the script nothing
        stamped = pilot.step(feed(pilot, k * PERIOD, command=None, position=away))
        assert stamped.chunk.positions[14] == pytest.approx(MIDDLE - 0.03)
    pilot.step(feed(pilot, 30 * PERIOD, command=away, position=away))
    stamped = pilot.step(feed(pilot, 45 * PERIOD, command=away, position=away))
    assert stamped.chunk.positions[14] == pytest.approx(MIDDLE)  # half a second has passed, half a second to go


def test_a_restart_forgets_earlier_chunks(drift: Path):
    pilot = Pilot(load_policy(drift))
    first = pilot.step(feed(pilot, 0)).chunk.positions
    pilot.restart()
    assert pilot.step(feed(pilot, 0.5)).chunk.positions == pytest.approx(first, abs=2e-3)


def test_a_simulation_that_starts_again_is_followed(drift: Path):
    pilot = Pilot(load_policy(drift))
    first = pilot.step(feed(pilot, 0)).chunk.positions
    again = pilot.step(feed(pilot, -900))
    assert again.stamp_ns == 100 * MS and again.chunk.positions == pytest.approx(first, abs=1e-6)
