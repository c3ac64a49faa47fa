"""A policy on a robot: sensors in by stamp, chunks out, and a record of how well it keeps up. No ROS."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from dexsim2real_description.observation import SensorValues
from dexsim2real_policy.inference import ActionChunk, Policy
from dexsim2real_policy.sync import Observation, SensorSync, StaleError
from dexsim2real_policy.targets import Targets, lengthen

_REMEMBERED = 300
"""Calls that the timing figures cover."""


@dataclass(frozen=True, eq=False)
class StampedChunk:
    """What to follow."""

    stamp_ns: int
    """Of the observation: time zero of the chunk."""
    chunk: ActionChunk


class Pilot:
    """Calls a policy at its rate with what the sensors say, or says why it cannot."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.contract = policy.contract
        self.sensors = SensorSync(policy.contract.observation)
        self.chunks = 0
        """Given since the start."""
        self.refused = 0
        """Calls without a chunk, because a sensor was stale."""
        self.overruns = 0
        """Observations that came a whole period late, or took longer than one to answer."""
        self.problem = "waiting for the sensors"
        """Why the last call gave no chunk; empty if it gave one."""
        self.ages: dict[str, float] = {}
        """Of the last observation, by stream [s]."""
        self._targets = Targets(policy.contract)
        self._last_ns: int | None = None
        self._fresh = True
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)

    def restart(self) -> None:
        """Start an episode: forget the chunks before, but keep the sensors."""
        self.policy.reset()
        self._fresh = True

    def step(self, now_ns: int) -> StampedChunk | None:
        """The chunk for the newest observation; None if there is no new one or a sensor is stale.

        While nobody commands the robot, every call is the start of an episode. Raises PolicyError if the policy
        itself fails.
        """
        try:
            observation = self.sensors.take(now_ns)
        except StaleError as error:
            self.problem = str(error)
            self.refused += 1
            return None
        if observation.stamp_ns == self._last_ns:
            self.problem = "no joint state since the last call"
            return None
        if observation.command is None or observation.stamp_ns < (self._last_ns or 0):  # or time went back
            self.restart()
        self.problem = ""
        return self._act(observation)

    def timing_ms(self) -> tuple[float, float]:
        """Median and 99th percentile of the time to answer an observation [ms]; zero before the first."""
        p50, p99 = np.percentile(self._seconds, [50, 99]) * 1e3 if self._seconds else (0.0, 0.0)
        return float(p50), float(p99)

    def _act(self, observation: Observation) -> StampedChunk:
        start = time.perf_counter()
        target = self._targets.at(observation)
        chunk = self.policy.act(sensor_values(observation, target), self._steps(observation))
        chunk = lengthen(chunk, self.contract, target)
        self._targets.follow(observation, target, chunk)
        self._last_ns, self._fresh = observation.stamp_ns, False
        self.ages = observation.ages
        self.chunks += 1
        self._seconds.append(time.perf_counter() - start)
        self.overruns += self._seconds[-1] * self.contract.observation.rate > 1.0
        return StampedChunk(observation.stamp_ns, chunk)

    def _steps(self, observation: Observation) -> int:
        """Action steps since the last observation, by the stamps."""
        stride = self.contract.stride
        if self._fresh or self._last_ns is None:
            return stride
        steps = round((observation.stamp_ns - self._last_ns) * 1e-9 * self.contract.action.rate)
        self.overruns += steps >= 2 * stride
        return max(1, steps)


def sensor_values(observation: Observation, target: np.ndarray) -> SensorValues:
    """The observation as what :func:`build_inputs` takes, with the joint targets in force [rad], shape (23,)."""
    joints = observation.joints
    return SensorValues(
        joints.position,
        joints.velocity,
        joints.torque,
        target,
        touch=observation.touch,
        images=observation.images,
        features=observation.features,
    )
