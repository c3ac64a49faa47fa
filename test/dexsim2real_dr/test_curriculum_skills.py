"""Sub-skills by themselves, chained through real states of the simulator, then the whole task."""

import json

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.curriculum.choose import make_curriculum
from dexsim2real_dr.curriculum.curriculum import DifficultyCurriculum
from dexsim2real_dr.curriculum.decomposition import reference
from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_dr.curriculum.skill_goal import SkillGoal
from dexsim2real_dr.curriculum.skills import SkillConfig, SkillCurriculum
from dexsim2real_dr.curriculum.state_buffer import StateBuffer
from dexsim2real_sim import make_env
from dexsim2real_sim.scripted import SCRIPTS

QUICK = SkillConfig(SchedulerConfig(step=0.5, window=2, rehearsal=0.0), revision=0.0, buffer=4)
ALL = np.arange(6)


@pytest.fixture(scope="module")
def env():
    return make_env("pick_place", 6, threads=1)


@pytest.fixture
def curriculum(env):
    made = SkillCurriculum(env, reference("pick_place"), QUICK, seed=1)
    made.restart(seed=1)
    return made


def succeed(curriculum, success=True):
    """As if every episode had just ended where it is."""
    env = curriculum.env
    env.ends = {i: env.snapshot(i) for i in ALL.tolist()} if success else {}
    curriculum.record(ALL, np.full(6, success))


def names(curriculum):
    return [curriculum.lessons[i].name for i in curriculum.open]


def test_lessons_open_in_order(curriculum):
    seen = [names(curriculum)]
    for _ in range(200):
        succeed(curriculum)
        if names(curriculum) != seen[-1]:
            seen.append(names(curriculum))
    assert seen[0] == ["reach", "lift", "carry", "place"]
    assert seen[-1] == ["whole"]
    first_alone = {"reach": None, "lift": "reach", "carry": "lift", "place": "carry"}
    for lessons in seen:
        for name in first_alone:  # none is chained before both have passed alone
            if f"{name} chained" in lessons:
                assert name not in lessons
                assert first_alone[name] not in lessons
    assert curriculum.progress()["difficulty"] == 1.0
    assert curriculum.progress()["lessons_passed"] == 8


def test_failures_open_nothing_and_keep_no_states(curriculum):
    for _ in range(40):
        succeed(curriculum, success=False)
    assert names(curriculum) == ["reach", "lift", "carry", "place"]
    assert [len(buffer) for buffer in curriculum.buffers] == [0] * 4
    assert curriculum.progress()["difficulty"] == 0.0


def test_difficulty_of_the_task_stays_within_the_starts_of_the_sub_skill(curriculum):
    for _ in range(12):
        succeed(curriculum)
        for env in ALL:
            lesson = curriculum.lessons[curriculum._next_lesson[env]]
            assert lesson.starts[0] <= curriculum.env.difficulty[env] <= lesson.starts[1]
            assert lesson.scheduler.difficulty == curriculum._next_level[env]


def test_a_chained_episode_begins_in_the_state_where_the_one_before_ended(env, curriculum):
    while "lift chained" not in names(curriculum):
        succeed(curriculum)
    for lesson in curriculum.lessons:  # leave nothing else to be learnt
        lesson.passed = lesson.name != "lift chained"
    curriculum._prepare(ALL)
    ends = [state.physics for state in curriculum.buffers[0]._states]
    env.steps[:] = 10_000
    env.step(np.zeros((6, 23)))  # the time of all is up
    for i in ALL:
        assert any(np.array_equal(env.sim.batch.state[i], end) for end in ends)
    assert (env.world.difficulty == 1.0).all()


def test_state_goes_through_json_to_the_bit(env, curriculum):
    while "lift chained" not in names(curriculum):
        succeed(curriculum)
    state = json.loads(json.dumps(curriculum.state_dict()))
    other = SkillCurriculum(env, reference("pick_place"), QUICK, seed=9)
    other.load_state_dict(state)
    assert names(other) == names(curriculum)
    assert other.state_dict() == curriculum.state_dict()
    np.testing.assert_array_equal(other.restart(seed=3)["features"], curriculum.restart(seed=3)["features"])
    bad = {"lessons": {"whole": {}}, "buffers": []}
    with pytest.raises(DexSim2RealError, match="the state is of lessons whole; this curriculum has reach, lift"):
        other.load_state_dict(bad)


def test_the_object_is_really_in_the_hand_where_lifting_ended():
    """A scripted lift ends the sub-skill; an episode of the next one begins with the object held, and holds it."""
    env = make_env("pick_place", 1, seed=2, threads=1)
    curriculum = SkillCurriculum(env, reference("pick_place"), QUICK)
    env.reset()
    curriculum.goal.running[:] = 1
    script = SCRIPTS["pick_place"](env)
    while not env.ends:
        env.step(script.act())
    env.starter.begin_from(0, env.ends[0])
    curriculum.goal.running[:] = 2
    env.reset()
    for _ in range(30):
        assert env.features["touching"][0].sum() >= 2
        assert env.features["to_goal"][0, 2] < -0.03  # [m] over the table
        env.step(np.zeros((1, 23)))
    assert env.features["lifted"][0] > 0.03  # remembered, too


def test_goals_differ_by_environment(env):
    goal = SkillGoal(env.task, reference("pick_place").skills, 6)
    goal.running[:] = [0, 1, 1, 2, 3, 4]
    features = {name: value.copy() for name, value in env.features.items()}
    features["tips_to_markers"][:] = 0.0
    features["touching"][:] = 1.0
    features["to_goal"][:] = [0.0, 0.0, -0.05]
    features["to_goal"][2, 2] = -0.01
    features["lifted"][:] = 0.05
    one = np.ones(6)
    np.testing.assert_array_equal(goal.achieved(features, one), [True, True, False, True, False, False])
    np.testing.assert_allclose(goal.hold, [0.0, 0.2, 0.2, 0.0, 0.3, 0.3])
    composite = env.task.reward(features, one)
    # the third is 3 cm short of 4 cm; its other predicate holds: mean of 1 and 1 / (1 + 10 * 0.03)
    near = (1 + 1 / 1.3) / 2
    np.testing.assert_allclose(
        goal.reward(features, one),
        [*(0.5 * (composite[:2] + 1)), 0.5 * (composite[2] + near), 0.5 * (composite[3] + 1), *composite[4:]],
    )
    assert goal.failure(features, one, 2) == "sub-skill lift: z(to_goal) ≤ -4 cm is missed by 0.03"
    assert goal.failure(features, one, 0) == "sub-skill reach: its goal has not held for 0 s"
    assert goal.failure(features, one, 5) == env.task.failure(features, one, 5)


def test_a_buffer_keeps_the_latest_and_survives_text(env):
    env.reset()
    states = [env.snapshot(i) for i in range(5)]
    buffer, other = StateBuffer(3), StateBuffer(3)
    for state in states:
        buffer.add(state)
    size = len(states[0].physics)
    other.load(buffer.dump(), size)
    assert [s.physics.tolist() for s in other._states] == [s.physics.tolist() for s in states[2:]]
    for damaged, words in ((buffer.dump()[:-40], "damaged"), ("bm8=", "damaged"), (buffer.dump(), "another cell")):
        with pytest.raises(DexSim2RealError, match=words):
            other.load(damaged, size + (words != "damaged"))
        assert len(other) == 3
    other.load(StateBuffer(3).dump(), size)
    assert len(other) == 0


def test_curricula_by_name(env, tmp_path):
    assert isinstance(make_curriculum(env, "difficulty"), DifficultyCurriculum)
    flat = make_curriculum(env, "flat")
    flat.restart()
    assert (env.world.difficulty == 1.0).all()
    assert make_curriculum(env, "reference").decomposition == reference("pick_place")
    reference("pouring").save(tmp_path / "d.yaml")
    with pytest.raises(DexSim2RealError, match="is for task pouring, not pick_place"):
        make_curriculum(env, str(tmp_path / "d.yaml"))
    with pytest.raises(DexSim2RealError, match="cannot read"):
        make_curriculum(env, "manual")


@pytest.mark.parametrize("wrong", [{"chaining": 0.0}, {"revision": 1.0}, {"buffer": 3}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(DexSim2RealError, match="expected"):
        SkillConfig(**wrong)
