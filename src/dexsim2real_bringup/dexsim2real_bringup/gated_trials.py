"""Trials of a policy behind the safety gate in simulated time: what `trials live` does, without the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dexsim2real_audit.evaluation import FIRST_SEED, TrialResult
from dexsim2real_bringup.lockstep import Lockstep
from dexsim2real_bringup.trial_rules import REST, REST_PATIENCE, STARTS, VERDICTS, why_over
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_hw.gate import CHUNK, GateConfig, Mode
from dexsim2real_policy.choice import choose_policy
from dexsim2real_sim import ParameterSampler, Twin
from dexsim2real_sim.cameras import Cameras
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.live import LiveCell

IMAGE_SIZE = (480, 640)
"""Of the graph's cameras: height, width [px]."""
ARM_PATIENCE = 10.0
"""For the gate to agree to be armed, and for the policy to start [s]."""
_STREAM = 5
"""Of the phases; the others of a trial are those of `dexsim2real_sim.randomness`."""


@dataclass(frozen=True)
class Stop:
    """A limit that stopped the gate."""

    limit: str
    where: str
    """Joint, finger, axis or input."""
    value: float
    bound: float
    seconds: float
    """Since the gate began to run."""


@dataclass(frozen=True)
class GatedResult(TrialResult):
    """How a trial behind the gate ended; its seconds count from when the gate began to run."""

    stops: tuple[Stop, ...] = ()
    """What stopped the gate; empty if nothing did."""
    limited: float = 0.0
    """Share of the commands that a limit changed, without a stop."""


class GatedTrials:
    """One simulated cell and one policy, tried again and again; close it in the end.

    Trial `number` of a seed begins as that of `evaluate` without the gate does: same objects, parameters and poses.
    Raises ContractMismatchError for a policy that does not fit the cell or the gate, PolicyError for a damaged one.
    """

    def __init__(
        self,
        artifact: str,
        config: EnvConfig,
        twin: Twin | None = None,
        sampler: ParameterSampler | None = None,
        gate: GateConfig | None = None,
    ) -> None:
        self.live = LiveCell(config, twin, sampler)
        self._gate, self._time_limit = gate or GateConfig(), config.time_limit or self.live.task.time_limit
        offered = ObservationSpec.of_cell(self.live.cell, features=self.live.feature_names)
        self._policy = choose_policy(artifact, self.live.cell, offered, self._gate.chunk.age)
        self._cameras = self._make_cameras(self._policy.contract.observation.cameras)

    def close(self) -> None:
        """Free the cameras."""
        if self._cameras is not None:
            self._cameras.close()

    def run(self, seed: int, number: int) -> GatedResult:
        """One trial; what comes of it depends on seed and number alone."""
        self.live.rewind(FIRST_SEED + seed, number)
        if self._cameras is not None:
            self._cameras.reseed(FIRST_SEED + seed, number)
        rng = np.random.default_rng([FIRST_SEED + seed, number, _STREAM])
        loop = Lockstep(self.live, self._policy, rng, self._cameras, self._gate)
        why = _set_up(loop)
        begin, counted = loop.agenda.now, (loop.gate.counters.limited, loop.gate.counters.ticks)
        if not why:
            why = _wait(loop, self._time_limit)
        seconds = (loop.agenda.now - begin) * 1e-9
        stops = tuple(Stop(r.name, r.where, r.value, r.bound, seconds) for r in loop.state.cause)
        limited, ticks = loop.gate.counters.limited - counted[0], loop.gate.counters.ticks - counted[1]
        name = " and ".join(self.live.objects.values())
        return GatedResult(seed, number, name, not why, seconds, why, stops, limited / max(ticks, 1))

    def _make_cameras(self, names: tuple[str, ...]) -> Cameras | None:
        mounts = {mount.name: mount for mount in self.live.cell.cameras}
        return self.live.make_cameras([mounts[name] for name in names], IMAGE_SIZE) if names else None


def _set_up(loop: Lockstep) -> str:
    """Until the gate runs, as an operator does it; returns why it does not, empty if it does."""
    for left in reversed(range(STARTS)):
        if loop.agenda.until(lambda: loop.speed < REST, REST_PATIENCE):
            break
        if not left:
            return f"the robot does not come to rest at the start: {loop.speed:.3g} rad/s against {REST:g} rad/s"
        loop.start_again()
    loop.let_policy_act()
    refusals: list[str] = []
    if not loop.agenda.until(lambda: _armed(loop, refusals), ARM_PATIENCE):
        return refusals[-1]
    if not loop.agenda.until(lambda: loop.state.mode in (Mode.RUNNING, Mode.STOPPED), ARM_PATIENCE):
        return f"the policy starts nothing ({loop.state.rejected or loop.complaint or 'no chunk came'})"
    return ""


def _armed(loop: Lockstep, refusals: list[str]) -> bool:
    answer = loop.gate.arm(loop.agenda.now)
    refusals.append(answer.message)
    return answer.accepted


def _wait(loop: Lockstep, time_limit: float) -> str:
    """Until the trial is over; returns why, empty after a success."""
    begin, ends = loop.agenda.now, list[str]()

    def over() -> bool:
        stopped = "; ".join(map(str, loop.state.cause)) if loop.state.mode is Mode.STOPPED else None
        why = why_over(VERDICTS.get(loop.verdict), stopped, (loop.agenda.now - begin) * 1e-9, time_limit)
        if why is not None:
            ends.append(why)
        return bool(ends)

    loop.agenda.until(over, time_limit + 1.0)
    (why,) = ends
    if loop.state.mode is not Mode.STOPPED:
        return f"{why}: {loop.live.failure()}" if why else ""
    silent = loop.complaint and any(reading.where == CHUNK for reading in loop.state.cause)
    return f"{why}; the policy says: {loop.complaint}" if silent else why
