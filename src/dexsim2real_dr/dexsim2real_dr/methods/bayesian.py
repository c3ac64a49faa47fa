"""Bayesian optimisation of the score: a rival that looks for the best point, not for a distribution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr
from scipy.stats import qmc

from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.fm_dr.gaussian_process import GaussianProcess
from dexsim2real_dr.methods.method import Ask
from dexsim2real_sim.randomization import AdrBox
from dexsim2real_sim.randomization.distribution import manual_ranges

FIRST = 20
"""Points of a Sobol sequence before the first model, and new points before the kernel is fitted again."""
LOOKED_AT = 512
"""Points at which expected improvement is compared: half anywhere, half around the best ones so far."""
NEAR = 0.1
"""How far around [of the box]."""
WIDTH = 0.2
"""Of the result about the best point, over the manual range (our choice: the method says nothing of a width)."""


def bayesian(names: Sequence[str], ask: Ask, queries: int, seed: int) -> AdrBox:
    """A narrow box about the maximum of a Gaussian process's mean, after points of greatest expected improvement.

    Jones et al. 1998. Raises SearchError if the critic failed on all points but one.
    """
    box, rng = Coding.of(names, 1), np.random.default_rng([seed, 12])
    width = box.high - box.low
    x = qmc.Sobol(len(names), seed=seed).random_base2(5)[: min(FIRST, queries)]
    y = ask(box.low + width * x)
    theta: Array | None = None
    while len(x) < queries:
        theta = None if len(x) % FIRST == 0 else theta
        model, known = _model(x, y, theta)
        theta = model.theta
        looked = _candidates(x, known, rng)
        best = np.nanmax(model.predict(x[np.isfinite(y)])[0])
        chosen = looked[int(np.argmax(expected_improvement(*model.predict(looked), float(best))))]
        x, y = np.vstack([x, chosen]), np.append(y, ask((box.low + width * chosen)[None]))
    model, known = _model(x, y, None)
    looked = np.vstack([_candidates(x, known, rng), x])
    optimum = box.low + width * looked[int(np.argmax(model.predict(looked)[0][:, 0]))]
    half = WIDTH / 2 * manual_ranges(names)[1]
    return AdrBox(names, np.maximum(optimum - half, box.low), np.minimum(optimum + half, box.high))


def expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """How much better than `best` a point is expected to be, where it is better, shape (n,), of columns (n, 1)."""
    gain, spread = mean[:, 0] - best, np.maximum(deviation[:, 0], 1e-9)
    ratio = gain / spread
    expected: Array = gain * ndtr(ratio) + spread * np.exp(-(ratio**2) / 2) / np.sqrt(2 * np.pi)
    return expected


def _model(x: Array, y: Array, theta: Array | None) -> tuple[GaussianProcess, Array]:
    """The process, and the scores with the worst in place of failures."""
    good = np.isfinite(y)
    if good.sum() < 2:
        raise SearchError(f"the critic failed on {len(y) - good.sum()} of {len(y)} samples; check it and run again")
    return GaussianProcess(x[good], y[good, None], theta), np.where(good, y, np.nanmin(y))


def _candidates(x: Array, y: Array, rng: np.random.Generator) -> Array:
    half = LOOKED_AT // 2
    best = x[np.argsort(y)[-5:]]
    around = best[rng.integers(len(best), size=half)] + NEAR * rng.standard_normal((half, x.shape[1]))
    return np.vstack([rng.random((half, x.shape[1])), np.clip(around, 0, 1)])
