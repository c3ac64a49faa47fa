"""Scores pictures by their statistics: offline, deterministic, no model."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.critics.critic import Array, Critic, Differences, Evidence, Scores, to_score
from dexsim2real_dr.critics.picture_statistics import FLOORS, GROUPS, SMALLEST, describe


class ImageCritic(Critic):
    """Compares a candidate's mean statistics with the references', view by view, in units of their spread."""

    name = "image"

    def __init__(self) -> None:
        self._judges: dict[str, _Judge] = {}
        self._known: Evidence | None = None

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score candidates that all have the same views."""
        begin = time.perf_counter()
        if references is not self._known:  # a search asks again and again with the same ones
            self._known, self._judges = references, {}
        views = sorted(set(candidates[0].views))
        for view in views:
            self._judges.setdefault(view, _Judge(references.of(view)))
        rows = [np.concatenate([self._judges[v].differences(c.of(v)) for v in views]) for c in candidates]
        groups = np.tile(_GROUP_OF, len(views))
        differences = Differences(np.array(rows), _WEIGHTS[groups] / len(views))
        values, seconds = to_score(differences.distances), time.perf_counter() - begin
        rationale = tuple(_say(row, groups) for row in rows)
        return Scores(values, rationale, len(candidates), seconds, differences)


class _Judge:
    """The references of one view."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        statistics = [_flat(image) for image in images]
        self._mean = np.mean(statistics, axis=0)
        self._scale = _FLOORS[_GROUP_OF] + np.std(statistics, axis=0)

    def differences(self, images: NDArray[np.uint8]) -> Array:
        """How far these pictures' mean is from the references', in units of their spread, shape (F,)."""
        mean = np.mean([_flat(image) for image in images], axis=0)
        difference: Array = (mean - self._mean) / self._scale
        return difference


def _flat(image: NDArray[np.uint8]) -> Array:
    statistics = describe(image)
    return np.concatenate([statistics[group] for group in GROUPS])


def _say(row: Array, groups: NDArray[np.intp]) -> str:
    sizes = [np.abs(row[groups == i]).mean() for i in range(len(GROUPS))]
    worst = int(np.argmax(sizes))
    return f"{GROUPS[worst]} differs most, by {sizes[worst]:.1f} times the spread of the references"


_SIZES = {group: len(values) for group, values in describe(np.zeros((SMALLEST, SMALLEST, 3), np.uint8)).items()}
_GROUP_OF = np.repeat(np.arange(len(GROUPS)), [_SIZES[group] for group in GROUPS])
"""Group of each statistic, shape (F,)."""
_FLOORS = np.array([FLOORS[group] for group in GROUPS])
_WEIGHTS = np.array([1 / _SIZES[group] for group in GROUPS]) / len(GROUPS)
"""Of a statistic of each group: groups count the same, whatever their size."""
