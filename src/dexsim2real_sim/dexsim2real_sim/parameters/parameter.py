"""One named simulator quantity: what it is, what is usual, what is possible, and where the figures come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import DexSim2RealError

if TYPE_CHECKING:
    from dexsim2real_sim.parameters.fields import ModelFields

Factor = Literal[
    "background",
    "lighting",
    "distractors",
    "camera_pose",
    "table_height",
    "object",
    "contact",
    "actuation",
    "touch",
    "observation",
]
Granularity = Literal["episode", "frame"]

Write = Callable[["ModelFields", NDArray[np.intp], NDArray[np.float64]], None]
"""How a parameter changes the model: (fields, ids (k,), values (k,)); fields hold the compiled default before."""


@dataclass(frozen=True)
class Parameter:
    """A number that can differ between environments and episodes."""

    name: str
    nominal: float
    bounds: tuple[float, float]
    """What is physically possible; a value outside is refused."""
    range: tuple[float, float]
    """What training draws from unless told otherwise: the manual ranges of vanilla randomisation."""
    unit: str
    factor: Factor
    meaning: str
    """One line, for the table."""
    source: str
    """Where nominal and range come from."""
    granularity: Granularity = "episode"
    frozen: bool = False
    """Kept at its nominal value by every distribution."""
    integer: bool = False
    """Drawn as a real number, used rounded."""
    write: Write | None = None
    """None for a quantity that a component reads itself (noise, delays of readings, pushes)."""

    def check(self, value: float) -> None:
        """Raise DexSim2RealError unless `value` is inside the bounds."""
        low, high = self.bounds
        if not low <= value <= high:
            raise DexSim2RealError(
                f"parameter {self.name} = {value:g} {self.unit} is outside its bounds "
                f"[{low:g}, {high:g}]; choose a value inside"
            )
