import numpy as np
import pytest

from dexsim2real_sim.env import make_env
from dexsim2real_sim.scripted.in_hand_rotation import InHandRotationScript, score
from dexsim2real_sim.scripted.planner import HandPlanner, PlannerConfig
from dexsim2real_sim.scripted.rollout import run_script
from dexsim2real_sim.scripted.script import Move, Script


def test_a_plan_ends_where_the_copies_say() -> None:
    """What the planner foresees for a posture is, to the last bit, what the environment then does."""
    env = make_env("in_hand_rotation", 2, seed=3, threads=1)
    env.reset()
    rng = np.random.default_rng(0)
    for _ in range(12):
        env.step(rng.uniform(-1.0, 1.0, (2, 23)) * np.repeat([0.0, 1.0], [7, 16]))
    config = PlannerConfig(samples=3, elite=1, knots=1)
    planner = HandPlanner(env, 1, score, config)
    posture = env.target[1, 7:] + rng.uniform(-0.2, 0.2, 16)
    foreseen = planner.scores(np.tile(posture, (3, 1, 1)))

    class Once(Script):
        nominal = InHandRotationScript.nominal

        def plan(self, env: int):
            yield Move(hand=posture if env == 1 else None, seconds=config.seconds)

    script = Once(env)
    script._plans = [script.plan(0), script.plan(1)]  # the episode is under way already
    for _ in range(round(config.seconds * env.config.policy_rate)):
        action = script.act()
        action[:, :7] = 0.0
        env.step(action)
    np.testing.assert_array_equal(foreseen, np.repeat(score(env.features)[1], 3))


def test_the_score_wants_the_angle_and_fears_the_fall() -> None:
    features = {
        "to_go": np.array([1.0, 0.5, -0.3, 0.5, 0.5]),
        "object_position": np.array([[0.036, 0.0, -0.015]] * 3 + [[0.036, 0.05, -0.015], [0.0, 0.0, -0.015]]),
        "tilt": np.zeros(5),
    }
    # the fourth is 5 cm away, 4 cm more than is free: 5 * 0.04; the fifth has fallen: 5
    np.testing.assert_allclose(score(features), [-1.0, -0.5, 0.0, -0.7, -5.5])


def test_turns_a_little_at_the_lowest_difficulty() -> None:
    result = run_script(InHandRotationScript, "in_hand_rotation", num_envs=1, seed=2, difficulty=0.0)
    assert result.success == (True,), result.reasons


@pytest.mark.slow
def test_turns_by_ninety_degrees() -> None:
    result = run_script(InHandRotationScript, "in_hand_rotation", num_envs=1, seed=2, difficulty=1.0)
    assert result.success == (True,), result.reasons
