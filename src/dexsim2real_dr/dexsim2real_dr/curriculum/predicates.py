"""Conditions on a task's features, as data: the vocabulary of sub-goals. Nothing in it is ever executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dexsim2real_description import UnknownNameError
from dexsim2real_dr.errors import CurriculumError
from dexsim2real_sim.tasks.base import FeatureInfo, Features

Array = NDArray[np.float64]

Unit = Literal["m", "cm", "mm", "m/s", "cm/s", "rad", "deg", "rad/s", "deg/s", "1"]
UNITS: dict[str, tuple[str, float]] = {
    "m": ("m", 1.0),
    "cm": ("m", 0.01),
    "mm": ("m", 0.001),
    "m/s": ("m/s", 1.0),
    "cm/s": ("m/s", 0.01),
    "rad": ("rad", 1.0),
    "deg": ("rad", np.pi / 180),
    "rad/s": ("rad/s", 1.0),
    "deg/s": ("rad/s", np.pi / 180),
    "1": ("1", 1.0),
}
"""The unit of features that each stands for, and how much of it."""
STEEPNESS: dict[str, float] = {"m": 10.0, "m/s": 2.0, "rad": 1.0, "rad/s": 1.0, "1": 2.0}
"""How fast closeness falls off, per unit of a feature; 10/m and 1/rad are those of the tasks' own rewards."""

Take = Literal["value", "abs", "norm", "norm_xy", "x", "y", "z"]
Relation = Literal["at_least", "at_most", "about"]
_VECTORS = ("norm", "norm_xy", "x", "y", "z")
_AXES = {"x": 0, "y": 1, "z": 2}


class Predicate(BaseModel):
    """`take` of a feature is at least, at most or about a value; of several items, a number or all must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feature: str
    take: Take = "value"
    """What is compared: each number, its magnitude, or of each 3-vector its length, that in x and y, or a part."""
    relation: Relation
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: Unit
    tolerance: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    """For `about`: how far off still holds, in the same unit."""
    items: Annotated[int, Field(ge=1)] | None = None
    """How many of the feature's numbers or vectors must hold; all if not given."""

    @model_validator(mode="after")
    def _tolerance_belongs_to_about(self) -> Self:
        if (self.relation == "about") != (self.tolerance is not None):
            raise ValueError("a tolerance goes with the relation 'about', and with no other")
        return self

    def check(self, infos: Mapping[str, FeatureInfo]) -> None:
        """Raise UnknownNameError or CurriculumError unless the task's features allow this comparison."""
        if self.feature not in infos:
            raise UnknownNameError("feature", self.feature, infos)
        info = infos[self.feature]
        if UNITS[self.unit][0] != info.unit:
            fitting = [unit for unit, (base, _) in UNITS.items() if base == info.unit]
            raise CurriculumError(f"{self.feature} is in {info.unit}, not {self.unit}; use {' or '.join(fitting)}")
        if self.take in _VECTORS and info.shape[-1:] != (3,):
            raise CurriculumError(
                f"{self.take} is for 3-vectors; {self.feature} has shape {info.shape}: use value or abs"
            )
        count = _items(info.shape, self.take)
        if self.items is not None and self.items > count:
            raise CurriculumError(f"{self.feature} has {count} items to compare, not {self.items}")

    def margin(self, features: Features) -> Array:
        """By how much it holds, in the feature's unit, negative where it does not, shape (N,)."""
        found = self._taken(features[self.feature])
        goal = self.value * UNITS[self.unit][1]
        if self.relation == "at_least":
            margins = found - goal
        elif self.relation == "at_most":
            margins = goal - found
        else:
            margins = (self.tolerance or 0.0) * UNITS[self.unit][1] - np.abs(found - goal)
        if self.items is None:
            return np.asarray(margins.min(axis=1))
        return np.asarray(np.sort(margins, axis=1)[:, -self.items])

    def closeness(self, features: Features) -> Array:
        """1 where it holds, less the further it is from that, in (0, 1], shape (N,)."""
        short = np.maximum(-self.margin(features), 0.0)
        near: Array = 1.0 / (1.0 + STEEPNESS[UNITS[self.unit][0]] * short)
        return near

    def __str__(self) -> str:
        sign = {"at_least": "≥", "at_most": "≤", "about": "="}[self.relation]
        what = self.feature if self.take == "value" else f"{self.take}({self.feature})"
        many = "" if self.items is None else f"{self.items} of "
        about = "" if self.tolerance is None else f" ± {self.tolerance:g}"
        return f"{many}{what} {sign} {self.value:g}{about}{'' if self.unit == '1' else ' ' + self.unit}"

    def _taken(self, feature: Array) -> Array:
        """The numbers that are compared, shape (N, items)."""
        if self.take in _AXES:
            feature = feature[..., _AXES[self.take]]
        elif self.take == "norm":
            feature = np.linalg.norm(feature, axis=-1)
        elif self.take == "norm_xy":
            feature = np.linalg.norm(feature[..., :2], axis=-1)
        elif self.take == "abs":
            feature = np.abs(feature)
        return feature.reshape(len(feature), -1)


def _items(shape: tuple[int, ...], take: Take) -> int:
    """How many numbers are compared."""
    return int(np.prod(shape[:-1] if take in _VECTORS else shape, dtype=int))
