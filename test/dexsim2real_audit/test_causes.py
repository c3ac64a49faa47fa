"""A family whose traces are linear in three real parameters, with noise, and traces that one parameter moved away."""

import numpy as np
import pytest

from dexsim2real_audit.causes import CauseModel, Ranges, candidates, widened
from dexsim2real_audit.trace import POSITION

NAMES = ("arm_delay", "arm_friction", "object_mass", "gravity")
FLOORS = {POSITION: 1e-3}
TIMES = np.arange(120) / 60
LOW, HIGH = np.array([0.0, 0.0, 0.9, 9.7]), np.array([0.02, 0.3, 1.1, 9.9])
RANGES = Ranges(NAMES, LOW, (LOW + HIGH) / 2, HIGH)


def traces(table, seed):
    """Shape (N, T, 3): parameters move the components in their own way, gravity none; the third goes wild."""
    rng = np.random.default_rng(seed)
    shapes = np.stack([np.sin(3 * TIMES), np.sign(np.sin(5 * TIMES)), np.cos(2 * TIMES)])
    weights = np.array([[20.0, 2.0, 0.0], [0.5, 1.0, 0.0], [0.0, 0.3, 0.5], [0.0, 0.0, 0.0]])
    clean = np.einsum("np,pt,pd->ntd", table[:, :3], shapes, weights[:3])
    wild = rng.normal(0, 1.0, (len(table), 1, 1)) * np.array([0.0, 0.0, 1.0])
    return {POSITION: clean + wild + rng.normal(0, 0.01, clean.shape)}


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    draws = rng.uniform(LOW, HIGH, (100, 4))
    wide = widened(RANGES, rng.uniform(LOW, HIGH, (200, 4)), rng)
    return CauseModel(traces(draws, 2), draws, traces(wide, 1), wide, RANGES, FLOORS)


def one(table, seed):
    return {name: values[0] for name, values in traces(np.array([table]), seed).items()}


@pytest.mark.parametrize(("column", "value"), [(0, 0.05), (1, 0.9), (2, 1.6)])
def test_the_parameter_that_moved_is_the_first_cause(model, column, value):
    table = [0.012, 0.1, 1.05, 9.8]
    table[column] = value
    causes = model.causes(one(table, 3))
    assert causes[0].parameter == NAMES[column]
    assert causes[0].outside
    assert causes[0].value == pytest.approx(value, abs=4 * causes[0].error)
    assert causes[0].told > 0.9
    assert model.p_value(causes) == 1 / 101  # no member is so far out


def test_members_stand_out_as_rarely_as_the_rank_says(model):
    rng = np.random.default_rng(9)
    p_values = [model.p_value(model.causes(one(rng.uniform(LOW, HIGH), seed))) for seed in range(100)]
    assert np.mean(np.array(p_values) <= 0.1) < 0.2  # 0.1 and three standard deviations
    assert np.median(p_values) == pytest.approx(0.5, abs=0.2)


def test_what_a_trace_does_not_tell_stays_in_the_middle(model):
    gravity = next(cause for cause in model.causes(one([0.01, 0.1, 1.0, 9.9], 5)) if cause.parameter == "gravity")
    assert gravity.told < 0.1
    assert gravity.value == pytest.approx(9.8, abs=0.05)


def test_where_causes_are_looked_for_is_physical():
    assert RANGES.wider("arm_delay")[0] == 0.0  # no negative delay
    assert RANGES.wider("arm_delay")[1] == pytest.approx(0.07)  # manual range to 0.06, half a width of 0.02 more
    draws = np.random.default_rng(1).uniform(LOW, HIGH, (400, 4))
    table = widened(RANGES, draws, np.random.default_rng(2))
    assert np.all(table[0] == RANGES.middle)
    changed = table[1:] != draws[1:]
    assert changed.mean() == pytest.approx(0.25, abs=0.05)
    assert np.all((table[:, 0] >= 0.0) & (table[:, 0] <= 0.07))


def test_chance_and_cameras_explain_nothing():
    assert candidates(("push_acceleration", "image_lag", "touch_drift", "arm_delay")) == ("arm_delay",)
