from pathlib import Path

import numpy as np
import pytest

from dexsim2real_description.observation import SensorValues
from dexsim2real_policy import PolicyError, hold_policy, load_policy
from dexsim2real_policy.builtin import Trajectory, write_hold, write_scripted

from .conftest import ACTION, BLIND, CELL

MIDDLE = (CELL.limits.lower + CELL.limits.upper) / 2
POSES = np.stack([MIDDLE, MIDDLE + 0.1])


def at(target: np.ndarray) -> SensorValues:
    return SensorValues(target, target * 0, target * 0, target)


def scripted(folder: Path, times: list[float], poses: np.ndarray = POSES, horizon: int = 30) -> None:
    trajectory = Trajectory(np.array(times), poses)
    write_scripted(folder, trajectory, BLIND, ACTION, "pouring", "Pour.", horizon)


def test_hold_keeps_the_target_and_not_the_measured_position(tmp_path: Path):
    write_hold(tmp_path / "hold", BLIND, ACTION)
    values = SensorValues(MIDDLE + 0.3, MIDDLE * 0, MIDDLE * 0, MIDDLE)
    for policy in (load_policy(tmp_path / "hold", BLIND, ACTION), hold_policy(BLIND, ACTION)):
        assert (policy.act(values).positions == MIDDLE).all()


def test_a_trajectory_is_at_rest_at_its_poses_and_half_way_in_between():
    trajectory = Trajectory(np.array([1.0, 2.0]), np.array([[0.0], [8.0]]))
    # the cubic 3 u^2 - 2 u^3: 1/2 at u = 1/2, 5/32 at u = 1/4
    assert trajectory.at(np.array([0.5, 1.0, 1.25, 1.5, 2.0, 9.0]))[:, 0].tolist() == [0, 0, 1.25, 4, 8, 8]
    assert Trajectory(np.array([1.0]), np.array([[5.0]])).at(np.array([[0.0, 1.0, 2.0]])).ravel().tolist() == [5, 5, 5]


def test_scripted_goes_from_where_the_targets_are_to_the_first_pose_and_on(tmp_path: Path):
    scripted(tmp_path / "s", [1.0, 2.0])
    policy = load_policy(tmp_path / "s", BLIND, ACTION)
    start = MIDDLE - 0.06
    chunk = policy.act(at(start))
    assert chunk.positions[14] == pytest.approx(MIDDLE - 0.03)  # half of the first second
    assert chunk.positions[29] == pytest.approx(MIDDLE)
    chunk = policy.act(at(MIDDLE), steps=30)  # one second later
    assert chunk.positions[14] == pytest.approx(MIDDLE + 0.05)
    chunk = policy.act(at(MIDDLE + 0.1), steps=60)
    assert chunk.positions == pytest.approx(np.tile(MIDDLE + 0.1, (30, 1)))


def test_each_robot_of_a_batch_has_its_own_time(tmp_path: Path):
    scripted(tmp_path / "s", [1.0, 2.0])
    policy = load_policy(tmp_path / "s")
    values = at(np.stack([MIDDLE, MIDDLE]))
    policy.act(values)
    policy.reset(np.array([True, False]))
    ends = policy.act(values, steps=30).positions[:, -1]
    assert ends[0] == pytest.approx(MIDDLE) and ends[1] == pytest.approx(MIDDLE + 0.1)


@pytest.mark.parametrize(
    ("times", "poses", "message"),
    [
        ([0.0, 1.0], POSES, "do not rise from above zero"),
        ([2.0, 1.0], POSES, "do not rise"),
        ([1.0], POSES, r"times \(1,\) and positions \(2, 23\)"),
        ([1.0, 2.0], POSES * np.nan, "not finite"),
        ([1.0, 2.0], POSES + 9, "pose 0 has arm_joint_1 at 9 rad, outside"),
    ],
)
def test_bad_trajectories_are_refused_and_not_written(tmp_path: Path, times: list, poses: np.ndarray, message: str):
    with pytest.raises(PolicyError, match=message):
        scripted(tmp_path / "s", times, poses)
    assert not list(tmp_path.iterdir())
