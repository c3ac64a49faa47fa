"""Several critics as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.critics.critic import Critic, Differences, Evidence, Scores
from dexsim2real_dr.errors import CriticError


class WeightedCritic(Critic):
    """The weighted mean of several critics' scores; nan where any of them failed."""

    def __init__(self, critics: Sequence[Critic], weights: Sequence[float]) -> None:
        """One positive weight per critic. Raises CriticError otherwise."""
        if not critics or len(critics) != len(weights) or not all(w > 0 and np.isfinite(w) for w in weights):
            raise CriticError(f"{len(critics)} critics with weights {list(weights)}; give each one positive weight")
        self._critics = tuple(critics)
        self._weights = np.array(weights) / np.sum(weights)

    @property
    def name(self) -> str:
        """Names and shares of the critics."""
        pairs = zip(self._critics, self._weights, strict=True)
        return " + ".join(f"{share:.2g} {critic.name}" for critic, share in pairs)

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate with every critic."""
        each = [critic.score(candidates, references) for critic in self._critics]
        rationale = ["; ".join(reasons) for reasons in zip(*(s.rationale for s in each), strict=True)]
        return Scores(
            self._weights @ np.array([s.values for s in each]),
            tuple(rationale),
            sum(s.queries for s in each),
            sum(s.seconds for s in each),
            self._together([s.differences for s in each]),
        )

    def _together(self, each: Sequence[Differences | None]) -> Differences | None:
        """Differences side by side if every critic measures. Their score is that of the weighted mean distance."""
        known = [differences for differences in each if differences is not None]
        if len(known) < len(each):
            return None
        shares = [share * differences.weights for share, differences in zip(self._weights, known, strict=True)]
        return Differences(np.concatenate([d.values for d in known], axis=1), np.concatenate(shares))
