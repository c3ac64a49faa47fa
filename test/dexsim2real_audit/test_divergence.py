"""A family of joints that follow a command through a lag, with friction and delay drawn per trace."""

import numpy as np
import pytest

from dexsim2real_audit.divergence import ALPHA, compare
from dexsim2real_description import DexSim2RealError

TIMES = np.arange(0, 6, 1 / 60)
FLOORS = {"joint": 1e-3, "touch": 0.02}
FAULT = 3.2
COMMAND = 0.4 * np.sin(2 * np.pi * 0.4 * TIMES) + 0.2 * np.sin(2 * np.pi * 0.9 * TIMES)


def rollouts(count, seed, fault=None):
    """Joint (count, T, 2) and touch (count, T, 3) of `count` draws; a fault begins at FAULT."""
    rng = np.random.default_rng(seed)
    lag, gain, delay, friction = (
        rng.uniform(a, b, count) for a, b in ((0.05, 0.15), (0.95, 1.05), (0, 0.03), (0, 0.05))
    )
    y, joint = np.zeros(count), np.zeros((count, len(TIMES), 2))
    for i, t in enumerate(TIMES):
        late = delay + (0.12 if fault == "delay" and t >= FAULT else 0)
        told = gain * np.interp(t - late, TIMES, COMMAND)
        stick = friction + (0.1 if fault == "friction" and t >= FAULT else 0)
        error = told - y
        y = y + np.sign(error) * np.maximum(np.abs(error) - stick, 0) / lag / 60
        joint[:, i] = np.stack([y, 0.5 * y**2], axis=1)
    touch = np.maximum(0, np.stack([y_ := joint[..., 0], -y_, 0.3 + 0 * y_], axis=-1)) * (1 + 3 * gain[:, None, None])
    if fault == "dropout":
        touch[:, TIMES >= FAULT, 2] = 0
    joint += rng.normal(0, 5e-4, joint.shape)
    return {"joint": joint, "touch": touch + rng.normal(0, 0.01, touch.shape)}


def one(rollout, i):
    return {name: values[i] for name, values in rollout.items()}


@pytest.fixture(scope="module")
def family():
    return rollouts(100, 0)


def test_false_alarms_are_as_rare_as_stated():
    """Exchangeable noise, so that the rate itself can be measured: 300 comparisons at 5 %, each with its own family."""
    rng = np.random.default_rng(3)
    times = np.arange(12) / 60
    alarms = 0
    for _ in range(300):
        draws = rng.standard_t(3, (40, 12, 2)) * rng.uniform(0.5, 2, (40, 1, 1))  # heavy tails are no excuse
        result = compare(times, {"a": draws[0]}, {"a": draws[1:]}, {"a": 1e-3}, alpha=0.05)
        alarms += bool(result.divergences)
        assert bool(result.divergences) == (result.p_value <= 0.05)
    assert alarms / 300 < 0.08  # 5 % and two standard deviations
    assert alarms > 0


def test_members_raise_few_alarms(family):
    members = rollouts(40, 5)
    alarms = sum(bool(compare(TIMES, one(members, i), family, FLOORS).divergences) for i in range(40))
    assert alarms / 40 < 0.05


@pytest.mark.parametrize(("fault", "channel"), [("friction", "joint"), ("dropout", "touch"), ("delay", "joint")])
def test_a_fault_is_found_when_it_happens(family, fault, channel):
    traces = rollouts(10, 9, fault)
    found = [compare(TIMES, one(traces, i), family, FLOORS).first for i in range(10)]
    good = [d for d in found if d and d.channel == channel and abs(d.onset - FAULT) <= 0.1]
    assert None not in found
    assert len(good) >= 8  # a delay shows only once the joint moves fast enough
    assert all(d.onset <= d.alarm and d.size > 1 for d in good)


def test_the_column_says_which_component(family):
    trace = one(rollouts(1, 9, "dropout"), 0)
    assert compare(TIMES, trace, family, FLOORS).first.column == 2


def test_missing_samples_are_no_divergence(family):
    trace = one(rollouts(1, 21), 0)
    trace["touch"] = trace["touch"].copy()
    trace["touch"][100:150] = np.nan
    result = compare(TIMES, trace, family, FLOORS)
    assert not result.divergences
    assert np.all(result.scores["touch"][100:150] == 0)


def test_scores_are_in_units_of_the_threshold(family):
    trace = one(rollouts(1, 9, "dropout"), 0)
    result = compare(TIMES, trace, family, FLOORS)
    assert result.scores["touch"].shape == TIMES.shape
    assert result.scores["touch"][TIMES < FAULT - 0.05].max() < 1 < result.scores["touch"].max()


def test_too_small_a_family_cannot_promise_the_rate(family):
    few = {name: values[:50] for name, values in family.items()}
    with pytest.raises(DexSim2RealError, match="needs 99 traces in the family, there are 50"):
        compare(TIMES, one(family, 60), few, FLOORS, alpha=0.01)
    assert ALPHA <= 0.02
