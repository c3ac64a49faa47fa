"""What a whole training came to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.training.config import TrainConfig
from dexsim2real_dr.training.progress import Progress

RECENT = 20
"""Updates that present numbers are averaged over."""


def summarise(config: TrainConfig, history: Sequence[Progress]) -> dict[str, float | None]:
    """Steps, time, curriculum and success at the end, speed, and speed as a share of the environment alone."""
    if not history:
        return {}
    last = history[-1]
    seconds = np.array([config.ppo.rollout * config.envs / entry.steps_per_second for entry in history])
    in_env = float(seconds @ [entry.env_share for entry in history])
    return {
        "steps": last.steps,
        "minutes": last.seconds / 60,
        **last.curriculum,
        "success": mean([entry.success for entry in history[-RECENT:]]),
        "steps/s": last.steps / last.seconds,
        "share of the environment alone": in_env / float(seconds.sum()),
    }


def steps_to_success(history: Sequence[Progress], rate: float) -> int | None:
    """Environment steps until a window of whole episodes at the full difficulty succeeded so often; None if none did.

    A training with a curriculum meets such episodes only at its end: for it this is an upper bound.
    """
    for entry in history:
        if entry.curriculum["difficulty"] >= 1.0 and entry.curriculum.get("success_rate", 0.0) >= rate:
            return entry.steps
    return None


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that are known; None if none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
