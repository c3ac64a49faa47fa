"""Trials: one episode per environment, none forgotten, the same for the same seed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dexsim2real_audit.evaluation import FIRST_SEED, PolicyDriver, ScriptDriver, TrialResult, run_trials, success_rate
from dexsim2real_description.observation import SensorValues
from dexsim2real_policy import Policy, hold_policy
from dexsim2real_policy.builtin import Steps
from dexsim2real_policy.contract import Chunking
from dexsim2real_sim import DexEnv, Uniform, make_env


class Quick:
    """An environment whose episodes last as many steps as its number plus two, and succeed if that is odd."""

    def __init__(self, num_envs: int) -> None:
        self.num_envs = num_envs
        self.steps = np.zeros(num_envs, dtype=int)
        self.config = type("Config", (), {"policy_rate": 10.0})
        self.starter = type("Starter", (), {"object_names": [{"object": f"thing {i}"} for i in range(num_envs)]})
        self.seed = -1

    def reset(self, seed: int) -> None:
        self.seed = seed
        self.steps[:] = 0

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.steps += 1
        length = np.arange(self.num_envs) + 2
        done = np.flatnonzero(self.steps >= length)
        success = length % 2 == 1
        info = {"success": success, "final_ids": done, "final_reasons": ["" if success[i] else f"no {i}" for i in done]}
        self.steps[done] = 0
        ended = np.isin(np.arange(self.num_envs), done)
        return None, None, ended & success, ended & ~success, info


class Still:
    def __init__(self, num_envs: int) -> None:
        self.restarted: list[list[bool]] = []
        self._actions = np.zeros((num_envs, 23))

    def act(self) -> Any:
        return self._actions

    def restart(self, ended: Any) -> None:
        self.restarted.append(ended.tolist())


def test_each_environment_gives_its_first_episode_only() -> None:
    env, driver, done = Quick(4), Still(4), []
    results = run_trials(env, driver, 3, done.append)  # type: ignore[arg-type]
    # Episodes of 2, 3, 4, 5 steps at 10 Hz: when the last has ended, the first has run twice.
    assert [r.seconds for r in results] == pytest.approx([0.2, 0.3, 0.4, 0.5])
    assert [r.success for r in results] == [False, True, False, True]
    assert [r.reason for r in results] == ["no 0", "", "no 2", ""]
    assert [(r.seed, r.number, r.object) for r in results] == [(3, i, f"thing {i}") for i in range(4)]
    assert env.seed == FIRST_SEED + 3
    assert driver.restarted[:2] == [[True] * 4, [True, False, False, False]]
    assert done == [1, 2, 3, 4]


def test_success_rate_has_wilsons_interval() -> None:
    trial = TrialResult(0, 0, "", True, 1.0, "")
    lost = TrialResult(0, 1, "", False, 1.0, "why")
    rate = success_rate([trial] * 17 + [lost] * 3)
    assert (rate.value, rate.low, rate.high) == pytest.approx((0.85, 0.640, 0.948), abs=1e-3)  # as in STYLE


def still_policy(env: DexEnv) -> Policy:
    return hold_policy(env.observation_spec, env.action_spec)


def test_the_same_seed_gives_the_same_trials_and_another_gives_others() -> None:
    def trials(seed: int) -> list[TrialResult]:
        env = make_env("in_hand_rotation", 3, sampler=Uniform(), time_limit=0.2, threads=1)
        return run_trials(env, PolicyDriver(still_policy(env), env), seed)

    first = trials(0)
    assert first == trials(0)
    assert [r.seconds for r in first] == pytest.approx([0.2] * 3)
    assert all("needed 85" in r.reason for r in first)
    assert [r.object for r in first] != [r.object for r in trials(2)]


class Ramp:
    """Every asked-for chunk moves the first hand joint on by one and then two hundredths; counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, values: SensorValues, steps: Steps) -> Any:
        self.calls += 1
        chunk = np.repeat(np.asarray(values.target)[:, None], 2, axis=1)
        chunk[:, 0, 7] += 0.01
        chunk[:, 1, 7] += 0.02
        return chunk


def test_a_policy_is_asked_once_per_stride_and_its_chunk_is_followed() -> None:
    env = make_env("in_hand_rotation", 2, threads=1)
    env.reset()
    contract = still_policy(env).contract
    slow = replace(contract, observation=replace(contract.observation, rate=15.0), chunk=Chunking(2, "newest"))
    ramp = Ramp()
    driver, start = PolicyDriver(Policy(slow, ramp), env), env.target.copy()
    driver.restart(np.ones(2, dtype=bool))
    for step in range(1, 5):
        env.step(driver.act())
        np.testing.assert_allclose(env.target[:, 7] - start[:, 7], 0.01 * step, atol=1e-12)
    assert ramp.calls == 2


def test_a_script_drives_too() -> None:
    env = make_env("pick_place", 2, difficulty=0.0, threads=1)
    results = run_trials(env, ScriptDriver(env), 0)
    assert [r.success for r in results] == [True, True]
