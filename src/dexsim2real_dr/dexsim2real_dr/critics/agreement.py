"""Whether a model means what it says: rank agreement between wordings of the same question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.critics.vlm import VlmCritic
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.critics.vlm_prompt import PROMPTS
from dexsim2real_dr.errors import CriticError


def wording_agreement(
    config: VlmConfig, candidates: Sequence[Evidence], references: Evidence
) -> dict[tuple[int, int], float]:
    """Spearman's rank correlation between each two wordings' scores; nan where one gives all the same mark.

    Raises CriticError with fewer than three candidates that both wordings could score.
    """
    critics = [VlmCritic(replace(config, wording=i)) for i in range(len(PROMPTS))]
    values = [critic.score(candidates, references).values for critic in critics]
    return {(i, j): rank_correlation(values[i], values[j]) for i, j in combinations(range(len(values)), 2)}


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's, over the candidates that both have a score for."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 3:
        raise CriticError(f"{both.sum()} candidates have scores in both wordings; agreement needs three or more")
    if np.ptp(first[both]) == 0 or np.ptp(second[both]) == 0:
        return float("nan")
    return float(spearmanr(first[both], second[both]).statistic)
