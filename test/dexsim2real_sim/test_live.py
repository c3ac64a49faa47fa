"""The simulated cell that runs by itself."""

import numpy as np
import pytest

from dexsim2real_description import JOINTS, UnknownNameError
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.live import MAX_AHEAD
from dexsim2real_sim.live_parameters import CELL_PARAMETERS, make_live_cell


@pytest.fixture(scope="module")
def shared():
    return make_live_cell(CELL_PARAMETERS)


@pytest.fixture
def live(shared):
    shared.rewind()
    return shared


def test_it_holds_until_it_is_told_to_move(live):
    start = live.target.copy()
    for _ in range(10):
        assert live.tick()
    assert np.array_equal(live.target, start)
    assert live.readings().position[0] == pytest.approx(start[0], abs=0.02)
    assert live.time == pytest.approx(live.ticks / 120)


def test_targets_go_in_by_name_and_others_stay(live):
    start = live.target.copy()
    live.command({"arm_joint_2": -0.25})
    live.tick()
    changed = np.flatnonzero(live.target[0] != start[0])
    assert [JOINTS[i] for i in changed] == ["arm_joint_2"]
    assert live.target[0, 1] == -0.25


def test_a_moving_target_is_followed_at_its_own_time(live):
    live.command({"arm_joint_1": 0.1}, {"arm_joint_1": 0.6})
    live.tick(ahead=0.005)
    assert live.target[0, 0] == pytest.approx(0.1 + 0.6 * 0.005)
    live.tick(ahead=-0.002)
    assert live.target[0, 0] == pytest.approx(0.1 - 0.6 * 0.002)


def test_a_command_that_stopped_coming_is_not_followed_for_ever(live):
    live.command({"arm_joint_1": 0.1}, {"arm_joint_1": 0.6})
    live.tick(ahead=10.0)
    assert live.target[0, 0] == pytest.approx(0.1 + 0.6 * MAX_AHEAD)


@pytest.mark.parametrize(
    ("positions", "error", "message"),
    [
        ({"arm_joint_1": 0.1, "elbow": 0.0}, UnknownNameError, "unknown joint 'elbow'"),
        ({"arm_joint_1": float("nan")}, SimError, "command of joint arm_joint_1 is nan"),
    ],
)
def test_a_wrong_command_changes_nothing(live, positions, error, message):
    start = live.target.copy()
    with pytest.raises(error, match=message):
        live.command(positions)
    live.tick()
    assert np.array_equal(live.target, start)


def test_rewinding_draws_the_same_scene_again(live):
    first = live.object_poses()
    live.reset()
    assert any((live.object_poses()[name] != pose).any() for name, pose in first.items())
    assert live.starts == 2
    live.rewind()
    assert live.starts == 1
    for name, pose in live.object_poses().items():
        assert np.array_equal(pose, first[name])


def test_parameters_act_at_once_and_wrong_ones_change_nothing(live):
    before = live.parameters()
    live.set_parameters({"joint_lag": 0.02})
    assert live.parameters() != before
    with pytest.raises(UnknownNameError, match="unknown parameter"):
        live.set_parameters({"joint_lag": 0.0, "gravity_on_mars": 3.7})
    assert live.parameters()["joint_lag"] == 0.02


def test_a_new_start_keeps_parameters_that_were_set():
    live = make_live_cell(CELL_PARAMETERS)
    low = live.object_poses()["object"][2]
    live.set_parameters({"table_height": 0.02, "exposure": 0.9})
    live.rewind()
    assert live.parameters()["exposure"] == 0.9
    assert live.object_poses()["object"][2] == pytest.approx(low + 0.02)  # the object stands on the table as it is now


def test_another_seed_is_another_scene(live):
    first = live.object_poses()
    live.rewind(5)
    assert live.seed == 5 and live.starts == 1
    assert any((live.object_poses()[name] != pose).any() for name, pose in first.items())
    live.rewind(0)
    assert all(np.array_equal(live.object_poses()[name], pose) for name, pose in first.items())


def test_a_twin_hides_its_parameters_and_says_so(live):
    assert not live.is_twin
    assert make_live_cell({**CELL_PARAMETERS, "twin": "3"}).is_twin


def always(value):
    return lambda *_: np.array([value])


def test_the_goal_must_stay_reached_for_as_long_as_the_task_asks(live, monkeypatch):
    monkeypatch.setattr(type(live.task), "hold", 0.1)  # 12 ticks
    monkeypatch.setattr(live.task, "achieved", always(True))
    verdicts = []
    for _ in range(14):
        live.tick()
        verdicts.append(live.judge())
    assert verdicts == ["open"] * 11 + ["success"] * 3
    monkeypatch.setattr(live.task, "achieved", always(False))
    assert live.judge() == "open"
    live.tick()
    monkeypatch.setattr(live.task, "achieved", always(True))
    assert live.judge() == "open"  # it begins anew
    live.reset()
    assert live.judge() == "open"


def test_what_cannot_succeed_any_more_is_lost(live, monkeypatch):
    assert live.judge() == "open"
    monkeypatch.setattr(live.task, "lost", always(True))
    assert live.judge() == "lost"
