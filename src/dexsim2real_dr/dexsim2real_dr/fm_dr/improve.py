"""One improvement of the mixture: CMA-ES against the surrogate's expected score plus lambda times entropy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from dexsim2real_description.optional import require
from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.surrogate import Surrogate

STEP = 0.15
"""First standard deviation of CMA-ES in the unit cube."""
PENALTY = 10.0
"""Points of score per nat that a distribution is narrower than it may be: more than a nat can ever be worth."""


def improve(coding: Coding, vector: Array, surrogate: Surrogate, config: FmDrConfig, seed: int) -> Array:
    """The best vector that CMA-ES meets, starting from `vector`, shape (coding.size,).

    Every distribution is judged at the same quasi-random points (Sobol), so that two are compared by what they are
    and not by luck.
    """
    cma = require("cma", "dr")
    uniform = qmc.Sobol(1 + len(coding.names), seed=seed).random(config.points)
    options = {
        "bounds": [0, 1],
        "popsize": config.population,
        "maxiter": config.generations,
        "seed": seed + 1,  # 0 would mean the time of day
        "verbose": -9,
    }
    search = cma.CMAEvolutionStrategy(np.clip(vector, 0.01, 0.99), STEP, options)
    best, best_value = vector, float(objective(coding, [vector], surrogate, config, uniform)[0])
    for _ in range(config.generations):
        asked = search.ask()
        values = objective(coding, asked, surrogate, config, uniform)
        search.tell(asked, (-values).tolist())
        if values.max() > best_value:
            best, best_value = np.clip(asked[int(np.argmax(values))], 0, 1), float(values.max())
    return best


def objective(
    coding: Coding, vectors: Sequence[Array], surrogate: Surrogate, config: FmDrConfig, uniform: Array
) -> Array:
    """Expected score plus lambda times the entropy of each vector's distribution, both over `uniform`, shape (k,)."""
    mixtures = [coding.mixture(vector) for vector in vectors]
    values = np.array([mixture.at(uniform) for mixture in mixtures])
    entropy = np.array([-mixture.log_prob(drawn).mean() for mixture, drawn in zip(mixtures, values, strict=True)])
    scores = surrogate.predict(coding.unit(values).reshape(-1, len(coding.names))).reshape(len(vectors), -1)
    total: Array = scores.mean(axis=1) + config.entropy_weight * entropy
    if config.width:
        total -= PENALTY * np.maximum(len(coding.names) * np.log(config.width) - entropy, 0)
    return total
