"""Run a script and count how often it succeeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dexsim2real_sim.env import make_env
from dexsim2real_sim.scripted.script import Script


@dataclass(frozen=True)
class ScriptResult:
    """Outcome of one episode per environment."""

    success: tuple[bool, ...]
    reasons: tuple[str, ...]
    """Why each episode failed; empty where it succeeded."""
    seconds: tuple[float, ...]
    """How long each episode took."""

    @property
    def rate(self) -> float:
        """Share of successes."""
        return sum(self.success) / len(self.success)


def run_script(script: type[Script], task: str, num_envs: int, seed: int = 0, **options: Any) -> ScriptResult:
    """One episode of `script` in each environment of a task; `options` are the fields of EnvConfig."""
    env = make_env(task, num_envs, seed, **options)
    env.reset()
    motion = script(env)
    success = np.zeros(num_envs, dtype=bool)
    running = np.ones(num_envs, dtype=bool)
    reasons, seconds = [""] * num_envs, np.zeros(num_envs)
    while running.any():
        before = env.steps + 1
        _, _, terminated, truncated, info = env.step(motion.act())
        for i, reason in zip(info.get("final_ids", ()), info.get("final_reasons", ()), strict=True):
            if running[i]:
                success[i], seconds[i], reasons[i] = info["success"][i], before[i] / env.config.policy_rate, reason
        running &= ~(terminated | truncated)
    return ScriptResult(tuple(success.tolist()), tuple(reasons), tuple(seconds.tolist()))
