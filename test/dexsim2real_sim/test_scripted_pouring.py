from dexsim2real_sim.scripted.pouring import PouringScript
from dexsim2real_sim.scripted.rollout import run_script


def test_pours_at_full_difficulty() -> None:
    result = run_script(PouringScript, "pouring", num_envs=3, seed=0, difficulty=1.0)
    assert sum(result.success) >= 2, result.reasons


def test_pours_from_the_hand() -> None:
    result = run_script(PouringScript, "pouring", num_envs=2, seed=0, difficulty=0.2)
    assert any(result.success), result.reasons
