"""Policies that were not learned: hold still, or follow a joint-space trajectory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec, SensorValues
from dexsim2real_policy.artifact import TRAJECTORY, pack, write_artifact
from dexsim2real_policy.contract import Chunking, Contract
from dexsim2real_policy.errors import PolicyError

Array = NDArray[np.float64]
ANY_TASK = "any"
"""Of a policy that is good for every task, or for none."""
Steps = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Poses to pass through at given times, at rest at each."""

    times: Array
    """Since the start [s], rising, the first above zero, shape (K,)."""
    positions: Array
    """[rad], shape (K, J)."""

    def __post_init__(self) -> None:
        if self.times.ndim != 1 or self.positions.ndim != 2 or len(self.times) != len(self.positions):
            raise PolicyError(
                f"trajectory has times {self.times.shape} and positions {self.positions.shape}, expected (K,), (K, J)"
            )
        if not (np.isfinite(self.times).all() and np.isfinite(self.positions).all()):
            raise PolicyError("trajectory has numbers that are not finite")
        if len(self.times) == 0 or (np.diff(self.times, prepend=0.0) <= 0).any():
            raise PolicyError(f"trajectory times {self.times.tolist()} do not rise from above zero")

    def at(self, times: Array) -> Array:
        """Poses [rad], shape (..., J), at times [s], shape (...), not before the first key pose; the last one stays.

        Between two poses a cubic that starts and ends at rest.
        """
        right = np.clip(np.searchsorted(self.times, times, side="right"), 0, len(self.times) - 1)
        left = np.maximum(right - 1, 0)
        span = self.times[right] - self.times[left]
        u = np.clip((times - self.times[left]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        share = (u * u * (3 - 2 * u))[..., None]
        pose: Array = self.positions[left] + share * (self.positions[right] - self.positions[left])
        return pose


class Hold:
    """Keeps the joint targets where they are."""

    def __init__(self, horizon: int) -> None:
        self._horizon = horizon

    def predict(self, values: SensorValues, steps: Steps) -> Array:
        """The last targets [rad], once per step, shape (N, H, J)."""
        target = np.asarray(values.target, dtype=np.float64)
        return np.repeat(target[:, None], self._horizon, axis=1)


class Scripted:
    """Goes from wherever the targets are to the first pose in the time given for it, then along the trajectory."""

    def __init__(self, trajectory: Trajectory, action: ActionSpec, horizon: int) -> None:
        self._trajectory = trajectory
        self._action = action
        self._offsets = np.arange(1, horizon + 1) / action.rate

    def predict(self, values: SensorValues, steps: Steps) -> Array:
        """Targets [rad], shape (N, H, J), when `steps` action steps (N,) have passed since the reset."""
        first, start = self._trajectory.times[0], self._trajectory.positions[0]
        now = (steps / self._action.rate)[:, None]
        times = now + self._offsets
        target = np.asarray(values.target, dtype=np.float64)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(now < first, (times - now) / (first - now), 1.0)
        approach = target + np.clip(share, 0.0, 1.0)[..., None] * (start - target)
        poses = np.where((times < first)[..., None], approach, self._trajectory.at(times))
        bounded: Array = np.clip(poses, self._action.lower, self._action.upper)
        return bounded


def _without_sensors(observation: ObservationSpec) -> ObservationSpec:
    """Built-in policies look at nothing but the joints."""
    return replace(observation, touch_layout=None, taxels=0, cameras=(), features=())


def hold_contract(observation: ObservationSpec, action: ActionSpec, horizon: int = 8) -> Contract:
    """The contract of a policy that holds still: any task."""
    return Contract(
        "hold", ANY_TASK, "Hold still.", _without_sensors(observation), action, Chunking(horizon, blend="newest")
    )


def write_hold(folder: Path, observation: ObservationSpec, action: ActionSpec) -> Contract:
    """Write the artifact of the policy that holds still. Raises PolicyError if writing fails."""
    return write_artifact(folder, hold_contract(observation, action), {})


def write_scripted(
    folder: Path,
    trajectory: Trajectory,
    observation: ObservationSpec,
    action: ActionSpec,
    task: str,
    instruction: str,
    horizon: int = 8,
) -> Contract:
    """Write the artifact of a policy that follows a trajectory.

    Raises PolicyError if a pose is outside the joint limits, or if writing fails.
    """
    outside = (trajectory.positions < action.lower) | (trajectory.positions > action.upper)
    if outside.any():
        k, j = (int(i) for i in np.argwhere(outside)[0])
        raise PolicyError(
            f"trajectory pose {k} has {action.joints[j]} at {trajectory.positions[k, j]:.4g} rad, outside "
            f"[{action.lower[j]:.4g}, {action.upper[j]:.4g}]; keep poses inside the joint limits"
        )
    chunk = Chunking(horizon, blend="newest")
    contract = Contract("scripted", task, instruction, _without_sensors(observation), action, chunk)
    content = pack({"times": trajectory.times, "positions": trajectory.positions})
    return write_artifact(folder, contract, {TRAJECTORY: content})
