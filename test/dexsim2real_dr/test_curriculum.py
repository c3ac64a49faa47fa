"""A curriculum sets how the coming episodes of an environment begin, and never touches the running one."""

import numpy as np
import pytest

from dexsim2real_dr.curriculum.curriculum import DifficultyCurriculum
from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_sim import make_env


@pytest.fixture(scope="module")
def env():
    return make_env("in_hand_rotation", 4, threads=1)


def test_difficulty_rises_at_the_next_episode(env):
    curriculum = DifficultyCurriculum(env, SchedulerConfig(step=0.5, window=4, rehearsal=0.0))
    curriculum.restart(seed=0)
    assert (env.world.difficulty == 0.0).all()
    env.step(np.zeros((4, 23)))
    curriculum.record(np.arange(4), np.ones(4, dtype=bool))
    assert curriculum.progress() == {"difficulty": 0.5}
    assert (env.world.difficulty == 0.0).all()
    curriculum.restart()
    assert (env.world.difficulty == 0.5).all()


def test_a_reset_by_the_environment_begins_the_next_episode_at_the_new_difficulty(env):
    curriculum = DifficultyCurriculum(env, SchedulerConfig(step=0.5, window=4, rehearsal=0.0))
    curriculum.restart(seed=0)
    curriculum.record(np.arange(4), np.ones(4, dtype=bool))
    env.steps[:2] = 10_000  # the time of two is up
    _, _, _, truncated, _ = env.step(np.zeros((4, 23)))
    assert truncated.tolist() == [True, True, False, False]
    np.testing.assert_array_equal(env.world.difficulty, [0.5, 0.5, 0.0, 0.0])


def test_state_is_that_of_the_scheduler(env):
    curriculum = DifficultyCurriculum(env, SchedulerConfig(start=0.3))
    other = DifficultyCurriculum(env)
    other.load_state_dict(curriculum.state_dict())
    assert other.scheduler.difficulty == 0.3
