"""The policy of a recording at work in simulation: how often it succeeds there, beside how often it did.

Open-loop replay says where a cell differs; only the closed loop says whether that matters to the policy, which sees
the difference and may make up for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexsim2real_audit.evaluation import PolicyDriver, run_trials, success_rate, wanted
from dexsim2real_audit.statistics import Interval, wilson
from dexsim2real_audit.trace import Trace
from dexsim2real_description import DexSim2RealError
from dexsim2real_policy import load_policy
from dexsim2real_policy.artifact import read_contract
from dexsim2real_policy.contract import Contract
from dexsim2real_policy.shipped import policy_folder
from dexsim2real_sim import EnvConfig, ParameterSampler, make_env

TRIALS = 32
"""In simulation, each one episode of a cell drawn from the family."""


@dataclass(frozen=True)
class ClosedLoop:
    """Success of a policy."""

    policy: str
    simulated: Interval
    trials: int
    recorded: Interval | None
    """By the outcomes of trials that the recording holds; None without any."""
    recorded_trials: int


def closed_loop(
    policy: str, trace: Trace, sampler: ParameterSampler, config: EnvConfig, trials: int = TRIALS
) -> ClosedLoop:
    """Run a policy, a folder or the name of a shipped one, in cells of the family, with the objects of `config`.

    Raises DexSim2RealError if the policy is of another task or does not fit the cell.
    """
    folder, contract = policy_for(policy, config.task)
    env = make_env(
        config.task,
        trials,
        config.seed,
        sampler=sampler,
        objects=config.objects,
        arm=config.arm,
        hand=config.hand,
        touch=config.touch,
        **wanted(contract),
    )
    driver = PolicyDriver(load_policy(folder, env.observation_spec, env.action_spec), env)
    simulated = success_rate(run_trials(env, driver, config.seed))
    outcomes = recorded_outcomes(trace)
    recorded = wilson(sum(outcomes), len(outcomes)) if outcomes else None
    return ClosedLoop(policy, simulated, trials, recorded, len(outcomes))


def policy_for(policy: str, task: str) -> tuple[Path, Contract]:
    """A policy's folder and contract. Raises DexSim2RealError if there is none, or if it is of another task."""
    folder = policy_folder(policy)
    contract = read_contract(folder)
    if contract.task != task:
        raise DexSim2RealError(f"the policy {policy} is for {contract.task}, the audit is of {task}")
    return folder, contract


def recorded_outcomes(trace: Trace) -> list[bool]:
    """Whether each trial that ended in the recording was a success."""
    return [event.data["outcome"] == "success" for event in trace.events if "outcome" in event.data]
