"""Settings of a search."""

from __future__ import annotations

from dataclasses import dataclass

from dexsim2real_dr.errors import SearchError


@dataclass(frozen=True)
class FmDrConfig:
    """How much is spent on what."""

    rounds: int = 12
    """The paper has 10 to 15."""
    samples: int = 20
    """Scored per round (the paper's)."""
    components: int = 2
    """Of the mixture."""
    entropy_weight: float = 0.1
    """Lambda: points of score that one nat of entropy is worth."""
    width: float = 0.75
    """If more than 0: parameters stay at least this share as wide as their manual ranges, on average. Where lambda
    alone would leave them narrower, it is as large as it takes."""
    measured: bool = True
    """Learn from the differences that a critic has measured, not from its scores alone."""
    population: int = 16
    """Of CMA-ES (the paper's)."""
    generations: int = 50
    """Of CMA-ES per round; they cost no queries (the paper has 50 in all)."""
    polish: int = 0
    """If more than 0: generations of the last round, whose mixture is the result; they cost no queries either."""
    points: int = 64
    """At which expected score and entropy of a distribution are estimated; a power of two."""
    seed: int = 0

    def __post_init__(self) -> None:
        least = {
            "rounds": 1,
            "samples": 2,
            "components": 1,
            "population": 4,
            "generations": 1,
            "polish": 0,
            "points": 2,
            "seed": 0,
        }
        for name, low in least.items():
            if getattr(self, name) < low:
                raise SearchError(f"{name} is {getattr(self, name)}; it must be {low} or more")
        if not 0 <= self.entropy_weight < float("inf"):
            raise SearchError(f"entropy_weight is {self.entropy_weight:g}; it must be 0 or more")
        if not 0 <= self.width <= 1:
            raise SearchError(f"width is {self.width:g}; it must be 0 to 1")
        if self.points & (self.points - 1):
            raise SearchError(f"points is {self.points}; it must be a power of two, as Sobol's sequence needs")
