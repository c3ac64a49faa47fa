"""What an action means: a step of the joint targets, the same in simulation and on the robot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.cell import Cell
from dexsim2real_description.errors import DexSim2RealError
from dexsim2real_description.names import ARM_JOINTS, JOINTS

Array = NDArray[np.float64]


def check_rate(name: str, rate: float) -> None:
    """Raise DexSim2RealError unless `rate` [Hz] is positive and finite."""
    if not 0 < rate < float("inf"):
        raise DexSim2RealError(f"{name} is {rate} Hz; it must be a positive number")


def check_per_joint(joints: tuple[str, ...], **vectors: tuple[float, ...]) -> None:
    """Raise DexSim2RealError unless every vector has one finite number per joint."""
    for name, vector in vectors.items():
        if len(vector) != len(joints):
            raise DexSim2RealError(f"{name} has {len(vector)} numbers for {len(joints)} joints; give one per joint")
        if not np.isfinite(vector).all():
            raise DexSim2RealError(f"{name} has numbers that are not finite: {vector}")


@dataclass(frozen=True)
class ActionSpec:
    """Actions are numbers in [-1, 1] per joint and step; 1 moves that joint's target by its scale."""

    scale: tuple[float, ...]
    """Largest change of the target per step [rad], one per joint; 0 for a joint that stays where it is."""
    lower: tuple[float, ...]
    """Bounds of the target [rad]."""
    upper: tuple[float, ...]
    rate: float
    """Steps per second [Hz]."""
    joints: tuple[str, ...] = JOINTS

    def __post_init__(self) -> None:
        check_rate("action rate", self.rate)
        check_per_joint(self.joints, scale=self.scale, lower=self.lower, upper=self.upper)

    @classmethod
    def of_cell(cls, cell: Cell, rate: float = 30.0, speed: float = 0.3, hold_arm: bool = False) -> ActionSpec:
        """Actions for the joints of `cell`; at full action a joint moves at `speed` times its velocity limit.

        With `hold_arm` only the hand moves; what an action says about the arm is ignored.
        """
        limits = cell.limits
        scale = limits.velocity * speed / rate
        if hold_arm:
            scale[: len(ARM_JOINTS)] = 0.0
        return cls(tuple(scale.tolist()), tuple(limits.lower.tolist()), tuple(limits.upper.tolist()), rate)

    @cached_property
    def _arrays(self) -> tuple[Array, Array, Array]:
        return np.array(self.scale), np.array(self.lower), np.array(self.upper)

    def step(self, target: Array, action: NDArray[np.floating]) -> Array:
        """The next joint targets [rad], shape (..., J), from the last ones and an action, both (..., J).

        The step starts at the last target, not at the measured position, so a load that pushes a joint off its
        target does not make it creep.
        """
        scale, lower, upper = self._arrays
        bounded = np.maximum(action, -1.0)  # np.clip spends most of its time on its arguments
        np.minimum(bounded, 1.0, out=bounded)
        stepped: Array = bounded * scale
        stepped += target
        np.maximum(stepped, lower, out=stepped)
        np.minimum(stepped, upper, out=stepped)
        return stepped

    def toward(self, target: Array, goal: Array) -> Array:
        """The action, shape (..., J), that steps from `target` as near to `goal` as one step can, both [rad]."""
        scale = self._arrays[0]
        way = np.asarray(goal - target)
        action: Array = np.clip(np.divide(way, scale, out=np.zeros_like(way), where=scale > 0.0), -1.0, 1.0)
        return action

    def integrate(self, target: Array, actions: NDArray[np.floating]) -> Array:
        """The targets [rad] that a chunk of actions leads to, both shape (..., H, J), from `target` (..., J)."""
        targets = []
        for k in range(actions.shape[-2]):
            target = self.step(target, actions[..., k, :])
            targets.append(target)
        return np.stack(targets, axis=-2)
