"""What one round of the loop gains on hidden twins: audit, new randomization, audit and policy once more.

The new ranges are judged on a recording that did not suggest them, and by what a policy does, in closed loop: as far
as it does otherwise in simulation than on the twin, what simulation says of it is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.audit import AuditResult
from dexsim2real_audit.divergence import compare
from dexsim2real_audit.evaluation import PolicyDriver, run_trials, wanted
from dexsim2real_audit.prediction import Prediction, simulate
from dexsim2real_audit.signals import FLOORS, Signals
from dexsim2real_audit.suggestion import changed, gap, suggest
from dexsim2real_audit.trace import Trace
from dexsim2real_audit.windows import Window
from dexsim2real_policy import load_policy
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import DexEnv, ParameterSampler, Twin, make_env
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.randomization import Distribution

Array = NDArray[np.float64]
WATCHED = 1.0
"""How long the policy's motion is compared [s]: before the first trials end."""


@dataclass(frozen=True)
class Apart:
    """How far two sets of trials of one policy are apart."""

    motion: float
    """Joint positions, the mean of all trials, over the first second from the same starts: RMS [rad]."""
    seconds: float
    """Median time to success [s]; a failure has the whole time limit."""
    success: float
    """Share of successes."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of a policy's trials."""

    success: NDArray[np.bool_]
    seconds: Array
    """To success [s], shape (N,)."""
    motion: Array
    """Joint positions of the first second, mean of all trials [rad], shape (T, 23)."""

    def apart(self, other: Outcomes) -> Apart:
        """How far they are from others."""
        return Apart(
            float(np.sqrt(np.mean((self.motion - other.motion) ** 2))),
            abs(float(np.median(self.seconds) - np.median(other.seconds))),
            abs(float(self.success.mean() - other.success.mean())),
        )


@dataclass(frozen=True)
class LoopRow:
    """One round of the loop on one twin."""

    twin: str
    """The parameter that it has changed."""
    suggested: str
    """The parameter whose range was changed; empty if the audit did not suggest any."""
    before: float
    after: float
    """Distance of a new recording from the family over a member's, with the old ranges and the new."""
    left: bool
    still: bool
    """Whether a moment of the new recording leaves the old family, and the new one."""
    policy_before: Apart | None = None
    policy_after: Apart | None = None
    """How far what the policy does in the family is from what it does on the twin."""


@dataclass(frozen=True, eq=False)
class Round:
    """What an audit knows, and may do, of one twin."""

    twin: str
    values: Array
    """Its parameters, shape (d,)."""
    result: AuditResult
    again: Trace
    """A second recording of the same motion."""


class PolicyBench:
    """Runs the same trials of a policy with whatever parameters."""

    def __init__(self, policy: str, trials: int, seed: int) -> None:
        """`policy` is a folder or a shipped policy's name. Raises DexSim2RealError if there is none."""
        folder = policy_folder(policy)
        contract = read_contract(folder)
        self._seed, self._drawn = seed, _Drawn()
        self._env = make_env(contract.task, trials, seed, sampler=self._drawn, **wanted(contract))
        self._policy = load_policy(folder, self._env.observation_spec, self._env.action_spec)

    def __call__(self, sampler: ParameterSampler) -> Outcomes:
        """One trial for each environment, the same objects and starts every time."""
        self._drawn.source = sampler
        watched = _Watched(PolicyDriver(self._policy, self._env), self._env)
        results = run_trials(self._env, watched, self._seed)
        success = np.array([result.success for result in results])
        seconds = np.where(success, [result.seconds for result in results], self._env.time_limit)
        return Outcomes(success, seconds, np.mean(watched.motion, axis=1))


class _Watched:
    """A driver that remembers where the joints were at first."""

    def __init__(self, driver: PolicyDriver, env: DexEnv) -> None:
        self._driver, self._env = driver, env
        self._steps = round(WATCHED * env.config.policy_rate)
        self.motion: list[Array] = []
        """[rad], shape (N, 23) for each step."""

    def act(self) -> Array:
        if len(self.motion) < self._steps:
            self.motion.append(self._env.sensor_values().position.astype(np.float64))
        return self._driver.act()

    def restart(self, ended: NDArray[np.bool_]) -> None:
        self._driver.restart(ended)


class _Drawn:
    """A sampler that can be exchanged."""

    source: ParameterSampler = Twin(0)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.source.names)

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        return self.source.sample(rng, count)


def close_loop(
    cell: Counterpart,
    windows: Sequence[Window],
    family: Distribution,
    rounds: Sequence[Round],
    policy: PolicyBench | None,
    seed: int,
) -> Iterator[LoopRow]:
    """Each twin once round; one without an alarm, or whose audit finds nothing to change, keeps the old ranges."""
    usual = None if policy is None else policy(family)
    for each in rounds:
        yield _once(cell, windows, family, each, policy, usual, seed)


def _once(
    cell: Counterpart,
    windows: Sequence[Window],
    family: Distribution,
    each: Round,
    policy: PolicyBench | None,
    usual: Outcomes | None,
    seed: int,
) -> LoopRow:
    result, prediction = each.result, each.result.prediction
    again = prediction.real(each.again, cell.bodies)
    alpha = result.config.alpha / 2
    before = gap(again, prediction.family, prediction.family)
    left = _leaves(again, prediction, prediction.family, alpha)
    tried = suggest(cell, windows, prediction, result.real, result.causes, seed)[:1] if result.diverged else []
    best = next((found for found in tried if found.after < found.before), None)
    new, after, still = family, before, left
    if best is not None:
        new = changed(family, best)
        draws = new.sample(np.random.default_rng([seed, 17]), cell.num_envs)
        drawn = simulate(cell, windows, new.names, draws, seed + 31)
        after, still = gap(again, drawn, prediction.family), _leaves(again, prediction, drawn, alpha)
    row = LoopRow(each.twin, "" if best is None else best.parameter, before, after, left, still)
    if policy is None or usual is None:
        return row
    twin = policy(Twin(0, dict(zip(prediction.ranges.names, each.values.tolist(), strict=True))))
    now = usual if best is None else policy(new)
    return replace(row, policy_before=usual.apart(twin), policy_after=now.apart(twin))


def _leaves(trace: Signals, prediction: Prediction, family: Signals, alpha: float) -> bool:
    """Whether a moment of a trace leaves a family."""
    times = (prediction.stamps - prediction.stamps[0]) / 1e9
    return compare(times, trace, {name: family[name] for name in trace}, FLOORS, alpha).first is not None
