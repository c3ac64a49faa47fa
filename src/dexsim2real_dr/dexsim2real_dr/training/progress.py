"""What an update of a training found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """One update, in numbers."""

    update: int
    steps: int
    """Environment steps so far."""
    seconds: float
    """Of training so far, without the time between a stop and the resume."""
    curriculum: dict[str, float]
    """What the curriculum says of itself."""
    episodes: int
    """That ended in this update."""
    success: float | None
    """Share of the hardest episodes that ended in this update; None if none did."""
    reward: float
    """Mean of a step, unscaled."""
    length: float | None
    """Mean length of the episodes that ended [steps]."""
    noise: float
    """Mean standard deviation of the actions."""
    value_loss: float
    learning_rate: float
    steps_per_second: float
    """Of the whole loop in this update."""
    env_share: float
    """Share of the time that the environment took."""

    def numbers(self) -> dict[str, float]:
        """All that is known, flat, by name."""
        flat: dict[str, Any] = {**asdict(self), **self.curriculum}
        return {name: float(value) for name, value in flat.items() if isinstance(value, int | float)}
