"""One improvement of the mixture: CMA-ES against the surrogate's expected score plus lambda times entropy."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from dexsim2real_description.optional import require
from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.surrogate import Surrogate

STEP = 0.15
"""First standard deviation of CMA-ES in the unit cube."""


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
    best, best_value = vector, objective(coding, vector, surrogate, config, uniform)
    for _ in range(config.generations):
        asked = search.ask()
        values = [objective(coding, candidate, surrogate, config, uniform) for candidate in asked]
        search.tell(asked, [-value for value in values])
        if max(values) > best_value:
            best, best_value = np.clip(asked[int(np.argmax(values))], 0, 1), max(values)
    return best


def objective(coding: Coding, vector: Array, surrogate: Surrogate, config: FmDrConfig, uniform: Array) -> float:
    """Expected score plus lambda times the entropy of a vector's distribution [score], both over `uniform`."""
    mixture = coding.mixture(vector)
    values = mixture.at(uniform)
    score = surrogate.predict(coding.unit(values)).mean()
    return float(score - config.entropy_weight * mixture.log_prob(values).mean())
