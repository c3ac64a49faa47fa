"""Scores pictures by their statistics: offline, deterministic, no model."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.critics.critic import HIGHEST, LOWEST, Array, Critic, Pictures, Scores
from dexsim2real_dr.critics.picture_statistics import FLOORS, GROUPS, describe

HALVING = 3.0
"""A candidate this many times further from the references than they are from each other has half of the marks."""


class ImageCritic(Critic):
    """Compares a candidate's mean statistics with the references', view by view, in units of their spread."""

    name = "image"

    def score(self, candidates: Sequence[Pictures], references: Pictures) -> Scores:
        """Score every candidate."""
        begin = time.perf_counter()
        judges = {view: _Judge(references.of(view)) for c in candidates for view in set(c.views)}
        parts = [np.mean([judges[v].distances(c.of(v)) for v in sorted(set(c.views))], axis=0) for c in candidates]
        values = [to_score(float(np.mean(part))) for part in parts]
        return Scores(np.array(values), tuple(map(_say, parts)), len(candidates), time.perf_counter() - begin)


class _Judge:
    """The references of one view."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._statistics = [describe(image) for image in images]
        self._mean = {group: np.mean([s[group] for s in self._statistics], axis=0) for group in GROUPS}
        self._scale = {group: FLOORS[group] + np.std([s[group] for s in self._statistics], axis=0) for group in GROUPS}

    def distances(self, images: NDArray[np.uint8]) -> Array:
        """How far these pictures' mean is from the references', by group, in units of their spread."""
        statistics = [describe(image) for image in images]
        means = {group: np.mean([s[group] for s in statistics], axis=0) for group in GROUPS}
        return np.array([np.mean(np.abs(means[g] - self._mean[g]) / self._scale[g]) for g in GROUPS])


def to_score(distance: float) -> float:
    """10 at distance 0, half way to 1 at HALVING, 1 far away."""
    return float(LOWEST + (HIGHEST - LOWEST) * 2 ** (-distance / HALVING))


def _say(distances: Array) -> str:
    worst = int(np.argmax(distances))
    return f"{GROUPS[worst]} differs most, by {distances[worst]:.1f} times the spread of the references"
