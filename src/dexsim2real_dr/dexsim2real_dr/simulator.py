"""What a search sees of a simulator: pictures of the cell for sets of parameters, whichever simulator draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dexsim2real_description import JOINTS
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.errors import SearchError


@dataclass(frozen=True)
class Poses:
    """How the robot stands in the pictures: starts of a task, or where it was measured in starts of a task."""

    task: str
    count: int = 2
    seed: int = 0
    """Pose k is the first start of the task with seed + k, objects included."""
    joints: tuple[tuple[float, ...], ...] = ()
    """Where the robot stands in each pose [rad], count rows in the order of JOINTS; empty: as the task starts."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.seed < 0:
            raise SearchError(f"{self.count} poses of seed {self.seed}; expected 1 or more poses, seed 0 or more")
        if self.joints and {len(self.joints), *map(len, self.joints)} != {self.count, len(JOINTS)}:
            raise SearchError(f"positions of {len(self.joints)} poses; expected {self.count} rows of {len(JOINTS)}")


class Simulator(Protocol):
    """A simulated cell that takes parameters and gives pictures."""

    names: tuple[str, ...]
    """The parameters that it is given; all others are nominal."""

    @property
    def described(self) -> str:
        """How pictures are taken, in words; a search must go on as it began."""
        ...

    def pictures(self, values: Array) -> Evidence:
        """Every camera at every pose, for values of `names` in their units, shape (d,).

        Raises DexSim2RealError for values outside their bounds.
        """
        ...

    def observe(self, values: Array) -> list[Evidence]:
        """The pictures for several sets of values, shape (n, d)."""
        return [self.pictures(row) for row in values]

    def close(self) -> None:
        """Free what it holds."""
        ...
