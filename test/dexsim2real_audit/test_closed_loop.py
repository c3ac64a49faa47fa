import numpy as np
import pytest

from dexsim2real_audit.closed_loop import closed_loop, recorded_outcomes
from dexsim2real_audit.trace import Event, Trace
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import EnvConfig, Uniform

EVENTS = (
    Event(1, "trial", {"trial": "0", "start_ns": 1}),
    Event(2, "trial", {"trial": "0", "outcome": "success"}),
    Event(3, "gate", {"state": "stopped"}),
    Event(4, "trial", {"trial": "1", "outcome": "failure"}),
    Event(5, "trial", {"trial": "2", "outcome": "success"}),
)


def test_outcomes_are_counted_and_nothing_else():
    assert recorded_outcomes(Trace({}, EVENTS)) == [True, False, True]


def test_a_shipped_policy_beside_what_was_recorded():
    found = closed_loop("pick_place", Trace({}, EVENTS), Uniform(), EnvConfig("pick_place"), trials=2)
    assert found.trials == 2
    assert found.simulated.value in (0.0, 0.5, 1.0)
    assert found.recorded.value == pytest.approx(2 / 3)
    assert found.recorded_trials == 3
    assert np.isfinite(found.simulated.low)


def test_a_policy_of_another_task_is_refused():
    with pytest.raises(DexSim2RealError, match="is for pick_place, the audit is of pouring"):
        closed_loop("pick_place", Trace({}), Uniform(), EnvConfig("pouring"))


def test_no_policy_is_one_line():
    with pytest.raises(DexSim2RealError):
        closed_loop("none_such", Trace({}), Uniform(), EnvConfig("pouring"))
