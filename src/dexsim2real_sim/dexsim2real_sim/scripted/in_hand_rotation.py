"""Planned rotation in the hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from dexsim2real_sim.scripted.planner import HandPlanner, PlannerConfig
from dexsim2real_sim.scripted.script import Move, Script
from dexsim2real_sim.tasks.base import Array, Features
from dexsim2real_sim.tasks.in_hand_rotation import ARM_PALM_UP, LARGEST_TILT, PALM_SURFACE, REST

PLANNER = PlannerConfig()


class InHandRotationScript(Script):
    """Plans the next second and a half of finger motion, makes a fifth of it, and plans again."""

    nominal: ClassVar[Array] = ARM_PALM_UP

    def plan(self, env: int) -> Iterator[Move]:
        """Until the episode ends."""
        planner = HandPlanner(self.env, env, score, PLANNER, seed=env)
        while True:
            yield Move(hand=planner.next_posture(), seconds=PLANNER.seconds)


def score(features: Features) -> Array:
    """Turned far, near the middle of the palm, flat; nothing is worse than dropping it or tipping it over."""
    away = np.linalg.norm(features["object_position"][:, 1:] - REST, axis=1)
    tilt = features["tilt"]
    dropped = (features["object_position"][:, 0] < PALM_SURFACE) | (tilt > LARGEST_TILT)
    missing = np.maximum(features["to_go"], 0.0)
    value: Array = -missing - 5.0 * np.maximum(away - 0.01, 0.0) - tilt - 5.0 * dropped
    return value
