"""Difficulty rises when a window of episodes succeeds often enough, and only then."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.curriculum.scheduler import FLAT, DifficultyScheduler, SchedulerConfig

CONFIG = SchedulerConfig(step=0.25, promotion=0.8, window=10, rehearsal=0.0)


def play(scheduler, outcomes):
    """Episodes one after the other in environment 0; returns which of them raised the difficulty."""
    raised, env = [], np.array([0])
    for outcome in outcomes:
        scheduler.begin(env, scheduler.draw(1))
        raised.append(scheduler.end(env, np.array([outcome])))
    return raised


def test_eight_of_ten_raise_by_a_step():
    scheduler = DifficultyScheduler(1, CONFIG)
    assert play(scheduler, [False, True, False] + [True] * 7) == [False] * 9 + [True]
    assert scheduler.difficulty == 0.25


def test_three_failures_of_ten_close_the_window_and_open_another():
    scheduler = DifficultyScheduler(1, CONFIG)
    assert not any(play(scheduler, [True] * 5 + [False] * 3))
    assert (scheduler.difficulty, scheduler.rate) == (0.0, 5 / 8)
    assert play(scheduler, [True] * 8)[-1]


def test_quick_successes_do_not_crowd_out_slow_failures():
    # 20 episodes begin at once, half of them succeed at once and begin again: the window is the first ten
    scheduler, envs = DifficultyScheduler(20, CONFIG), np.arange(20)
    scheduler.begin(envs, scheduler.draw(20))
    quick = envs[::2]
    for _ in range(10):
        assert not scheduler.end(quick, np.ones(10, dtype=bool))
        scheduler.begin(quick, scheduler.draw(10))
    assert not scheduler.end(envs[1::2], np.zeros(10, dtype=bool))
    assert scheduler.difficulty == 0.0


def test_episodes_that_began_easier_do_not_count():
    scheduler, envs = DifficultyScheduler(10, CONFIG), np.arange(10)
    scheduler.begin(envs, np.zeros(10))
    assert scheduler.end(envs, np.ones(10, dtype=bool))
    scheduler.begin(envs, np.zeros(10))
    assert not scheduler.end(envs, np.ones(10, dtype=bool))
    assert scheduler.difficulty == 0.25


def test_an_episode_cut_short_makes_room():
    scheduler, envs = DifficultyScheduler(10, CONFIG), np.arange(10)
    for _ in range(3):
        scheduler.begin(envs, np.zeros(10))
    assert scheduler.end(envs, np.ones(10, dtype=bool))


@given(st.integers(1, 7), st.floats(0.01, 1.0), st.floats(0.05, 1.0))
def test_difficulty_ends_at_exactly_one_and_reaches_the_threshold_in_a_window_there(window, promotion, step):
    scheduler = DifficultyScheduler(1, SchedulerConfig(step, promotion, window, rehearsal=0.0))
    steps = int(np.ceil(round(1 / step, 6)))
    play(scheduler, [True] * steps * window)
    assert scheduler.difficulty == 1.0
    play(scheduler, [False] * window)
    assert not scheduler.reached(promotion)
    play(scheduler, [True] * 2 * window)
    assert scheduler.reached(promotion)
    assert scheduler.difficulty == 1.0


def test_rehearsal_draws_its_share_below():
    scheduler = DifficultyScheduler(1, SchedulerConfig(start=0.8, rehearsal=0.25))
    drawn = scheduler.draw(4000)
    easier = drawn[drawn < 0.8]
    assert len(easier) / 4000 == pytest.approx(0.25, abs=0.03)
    assert easier.mean() == pytest.approx(0.4, abs=0.03)


def test_flat_is_the_task_itself():
    assert (DifficultyScheduler(1, FLAT).draw(100) == 1.0).all()


def test_state_goes_through_json_and_continues_the_draws():
    first = DifficultyScheduler(1, SchedulerConfig(window=4, step=0.3))
    play(first, [True] * 60)
    second = DifficultyScheduler(1, first.config, seed=5)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    np.testing.assert_array_equal(first.draw(50), second.draw(50))
    assert (first.difficulty, first.rate) == (second.difficulty, second.rate)


@pytest.mark.parametrize(
    "wrong", [{"step": 0.0}, {"promotion": 1.1}, {"window": 0}, {"rehearsal": 1.0}, {"start": -0.1}]
)
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(DexSim2RealError, match="expected step and promotion"):
        SchedulerConfig(**wrong)
