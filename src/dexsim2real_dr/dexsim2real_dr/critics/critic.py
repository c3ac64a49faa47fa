"""The interface of every critic."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.trace import Trace

Array = NDArray[np.float64]

LOWEST, HIGHEST = 1.0, 10.0
"""Range of every score."""
HALVING = 3.0
"""A candidate this many times further from the references than they are from each other has half of the marks."""
ANY_VIEW = "any"
"""View of a picture of which nothing is known."""


@dataclass(frozen=True)
class Evidence:
    """What is known of one robot, real or simulated with one set of parameters: how it looks and how it moves."""

    images: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.uint8))
    """RGB, shape (K, H, W, 3)."""
    views: tuple[str, ...] = ()
    """Which camera took each, length K."""
    traces: tuple[Trace, ...] = ()
    """Motions, in the same order for the candidate as for the references."""
    film: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 0, 3), np.uint8))
    """Frames of one camera over time, of the first motion, RGB, shape (F, H, W, 3); none if it was not filmed."""

    @property
    def digest(self) -> str:
        """Of all that is in it, sha256."""
        channels = (channel.values for trace in self.traces for channel in trace.channels.values())
        arrays = [self.images, *channels, *self.film]
        return hashlib.sha256(b"".join(hashlib.sha256(array.tobytes()).digest() for array in arrays)).hexdigest()

    def of(self, view: str) -> NDArray[np.uint8]:
        """The pictures of one view; all if there are none of it."""
        chosen = [i for i, name in enumerate(self.views) if name == view]
        return self.images[chosen] if chosen else self.images


@dataclass(frozen=True)
class Differences:
    """In what N candidates differ from the references, from a critic that measures; then a score is `to_score` of this.

    A search learns more from numbers with a sign than from one score, which says neither in what nor which way.
    """

    values: Array
    """In units of what does not matter, shape (N, P)."""
    weights: Array
    """Adding up to 1, shape (P,)."""

    @property
    def distances(self) -> Array:
        """Weighted mean size, shape (N,)."""
        total: Array = np.abs(self.values) @ self.weights
        return total


@dataclass(frozen=True)
class Scores:
    """What a critic says of N candidates."""

    values: Array
    """1 to 10, higher is more real; nan where the critic failed, shape (N,)."""
    rationale: tuple[str, ...]
    """Why, one line each."""
    queries: int
    """Answers that had to be computed or paid for; what came from a cache is not counted."""
    seconds: float
    differences: Differences | None = None
    """Of all candidates, where the critic has measured them."""


def to_score(distance: Array) -> Array:
    """10 at distance 0, half way to 1 at HALVING, 1 far away."""
    scores: Array = LOWEST + (HIGHEST - LOWEST) * 2 ** (-distance / HALVING)
    return scores


class Critic(Protocol):
    """Scores candidates against references."""

    @property
    def name(self) -> str:
        """For files and reports."""
        ...

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate. Raises CriticError."""
        ...


def joined(each: Sequence[Scores]) -> Scores:
    """The scores of one critic for several candidates, asked one by one, as one answer."""
    measured = [scores.differences for scores in each if scores.differences is not None]
    differences = None
    if measured and len(measured) == len(each):
        differences = Differences(np.concatenate([d.values for d in measured]), measured[0].weights)
    return Scores(
        np.concatenate([scores.values for scores in each]),
        tuple(line for scores in each for line in scores.rationale),
        sum(scores.queries for scores in each),
        sum(scores.seconds for scores in each),
        differences,
    )
