"""The joint targets in force on the robot, which the next actions start from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_policy.contract import Contract
from dexsim2real_policy.inference import ActionChunk
from dexsim2real_policy.sync import Observation

Array = NDArray[np.float64]
SLACK = 3
"""How many full actions the policy's own target may be away from the command that left the safety gate: what the
gate lags behind when it only smooths. Beyond that it limits, and the target must not run away from the robot."""


class Targets:
    """Follows what the policy has asked for so far.

    In simulation the target in force is the sum of the actions. On the robot it is the same, read off the policy's
    last chunk at the time of the observation, and not the gate's command, whose smoothing would slow every step down.
    """

    def __init__(self, contract: Contract) -> None:
        self._slack = SLACK * np.array(contract.action.scale)
        self._times: NDArray[np.int64] | None = None
        self._positions: Array | None = None

    def at(self, observation: Observation) -> Array:
        """Targets in force [rad], shape (23,): the measured position while nobody commands the robot."""
        if observation.command is None:
            self._times = self._positions = None
            return observation.joints.position
        if self._times is None or self._positions is None:
            return observation.command
        own = self._interpolate(observation.stamp_ns, self._times, self._positions)
        return np.clip(own, observation.command - self._slack, observation.command + self._slack)

    def follow(self, observation: Observation, target: Array, chunk: ActionChunk) -> None:
        """From the observation on, what is asked for is `chunk`, which starts at `target`."""
        offsets = np.concatenate([[0.0], chunk.times])
        self._times = observation.stamp_ns + np.round(offsets * 1e9).astype(np.int64)
        self._positions = np.concatenate([target[None], chunk.positions])

    @staticmethod
    def _interpolate(stamp_ns: int, times: NDArray[np.int64], positions: Array) -> Array:
        right = int(np.clip(np.searchsorted(times, stamp_ns), 1, len(times) - 1))
        share = np.clip((stamp_ns - times[right - 1]) / (times[right] - times[right - 1]), 0.0, 1.0)
        between: Array = positions[right - 1] + share * (positions[right] - positions[right - 1])
        return between


def lengthen(chunk: ActionChunk, contract: Contract, target: Array) -> ActionChunk:
    """The chunk with its last step repeated if it would end when the next one is due.

    A policy without chunks says one step at a time. A follower that comes to rest at the end of what it knows would
    stop and go at the policy rate; one more step in the same direction, replaced before it is reached, keeps it
    moving. `target` [rad], shape (23,), is where the chunk starts.
    """
    if contract.chunk.length > contract.stride:
        return chunk
    before = chunk.positions[-2] if len(chunk.positions) > 1 else target
    steps = np.arange(1, contract.stride + 1)[:, None] * (chunk.positions[-1] - before)
    further = np.clip(chunk.positions[-1] + steps, contract.action.lower, contract.action.upper)
    return ActionChunk(np.concatenate([chunk.positions, further]), chunk.dt)
