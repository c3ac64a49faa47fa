"""The interface of every critic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOWEST, HIGHEST = 1.0, 10.0
"""Range of every score."""
ANY_VIEW = "any"
"""View of a picture of which nothing is known."""


@dataclass(frozen=True)
class Pictures:
    """Pictures that belong together: of one set of parameters, or the references."""

    images: NDArray[np.uint8]
    """RGB, shape (K, H, W, 3)."""
    views: tuple[str, ...]
    """Which camera took each, length K."""

    def of(self, view: str) -> NDArray[np.uint8]:
        """Those of one view; all if there are none of it."""
        chosen = [i for i, name in enumerate(self.views) if name == view]
        return self.images[chosen] if chosen else self.images


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


class Critic(Protocol):
    """Scores candidates against references."""

    @property
    def name(self) -> str:
        """For files and reports."""
        ...

    def score(self, candidates: Sequence[Pictures], references: Pictures) -> Scores:
        """Score every candidate. Raises CriticError."""
        ...
