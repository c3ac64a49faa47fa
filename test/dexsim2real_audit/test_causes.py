"""A family whose traces are linear in three real parameters, with noise, and traces that one parameter moved away."""

import numpy as np
import pytest

from dexsim2real_audit.causes import Ranges, candidates, moves_of, rank_causes, table_of
from dexsim2real_audit.family_model import FamilyModel
from dexsim2real_audit.trace import POSITION

NAMES = ("arm_delay", "arm_friction", "object_mass")
FLOORS = {POSITION: 1e-3}
TIMES = np.arange(120) / 60


def traces(table, seed):
    """Shape (N, T, 3): each parameter moves the components in its own way; the third does so wildly."""
    rng = np.random.default_rng(seed)
    shapes = np.stack([np.sin(3 * TIMES), np.sign(np.sin(5 * TIMES)), np.cos(2 * TIMES)])
    weights = np.array([[20.0, 2.0, 0.0], [0.5, 1.0, 0.0], [0.0, 0.3, 0.5]])
    clean = np.einsum("np,pt,pd->ntd", table, shapes, weights)
    wild = rng.normal(0, 1.0, (len(table), 1, 1)) * np.array([0.0, 0.0, 1.0])
    return {POSITION: clean + wild + rng.normal(0, 0.01, clean.shape)}


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    low, high = np.array([0.0, 0.0, 0.9]), np.array([0.02, 0.3, 1.1])
    draws = rng.uniform(low, high, (100, 3))
    ranges = Ranges(NAMES, low, (low + high) / 2, high)
    moves = moves_of(ranges, NAMES, 3)
    moved = traces(table_of(ranges, moves), 1)
    return FamilyModel(traces(draws, 2), draws, FLOORS), ranges, moves, moved


@pytest.mark.parametrize(("column", "value"), [(0, 0.05), (1, 0.9), (2, 1.6)])
def test_the_parameter_that_moved_is_the_first_cause(case, column, value):
    model, ranges, moves, moved = case
    table = np.array([[0.012, 0.1, 1.05]])
    table[0, column] = value
    found = rank_causes(model, traces(table, 3), moved, moves, ranges)
    assert found[0].parameter == NAMES[column]
    assert found[0].outside
    width = ranges.high[column] - ranges.low[column]
    assert found[0].value == pytest.approx(value, abs=1.5 * width)  # the others vary
    assert found[0].share > 0.5


def test_a_member_leaves_nothing_to_explain(case):
    model, ranges, moves, moved = case
    member = traces(np.array([[0.012, 0.1, 1.05]]), 4)
    assert model.log_likelihood(model.features(member)[0]) > model.usual - 150
    assert all(cause.share < 1 for cause in rank_causes(model, member, moved, moves, ranges)[1:])


def test_what_was_not_recorded_counts_as_usual(case):
    model, _, _, _ = case
    blank = {POSITION: np.full((1, 120, 3), np.nan)}
    assert np.all(model.features(blank) == 0)


def test_where_causes_are_looked_for_is_physical(case):
    _, ranges, moves, _ = case
    assert ranges.wider("arm_delay")[0] == 0.0  # no negative delay
    assert ranges.wider("arm_delay")[1] == pytest.approx(0.07)  # manual range to 0.06, half a width of 0.02 more
    table = table_of(ranges, moves)
    assert table.shape == (10, 3)
    assert np.all(table[1:4, 1:] == ranges.middle[1:])  # one at a time


def test_chance_and_cameras_explain_nothing():
    assert candidates(("push_acceleration", "image_lag", "touch_drift", "arm_delay")) == ("arm_delay",)
