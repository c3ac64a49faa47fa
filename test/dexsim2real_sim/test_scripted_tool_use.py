from dexsim2real_sim.scripted.rollout import run_script
from dexsim2real_sim.scripted.tool_use import ToolUseScript


def test_flips_the_toast_at_full_difficulty() -> None:
    result = run_script(ToolUseScript, "tool_use", num_envs=3, seed=0, difficulty=1.0)
    assert sum(result.success) >= 2, result.reasons
