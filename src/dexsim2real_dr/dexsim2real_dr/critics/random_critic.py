"""Random scores, for the ablation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.critics.critic import HIGHEST, LOWEST, Critic, Evidence, Scores


class RandomCritic(Critic):
    """Uniform in 1 to 10 whatever the picture shows; the same picture has the same score, so runs can be resumed."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate; references are not looked at."""
        values = [np.random.default_rng([self._seed, *_digest(c)]).uniform(LOWEST, HIGHEST) for c in candidates]
        return Scores(np.array(values), ("drawn at random",) * len(candidates), len(candidates), 0.0)


def _digest(pictures: Evidence) -> list[int]:
    return list(bytes.fromhex(pictures.digest))
