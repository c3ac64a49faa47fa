"""Predicates: what they hold for, by how much, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_dr.curriculum.predicates import UNITS, Predicate
from dexsim2real_sim.tasks import TASKS

FEATURES = {
    "lifted": np.array([0.02, 0.03, 0.05]),
    "to_goal": np.array([[0.03, 0.04, -0.12], [0.0, 0.0, -0.01], [0.3, 0.0, 0.0]]),
    "touching": np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]),
    "tips_to_markers": np.array([[[0.0, 0.0, 0.01]] * 3, [[0.0, 0.0, 0.01]] * 2 + [[0.1, 0.0, 0.0]], [[1, 1, 1]] * 3]),
}


def predicate(feature, relation, value, unit, **more):
    return Predicate(feature=feature, relation=relation, value=value, unit=unit, **more)


@pytest.mark.parametrize(
    ("data", "margins"),
    [
        (predicate("lifted", "at_least", 3, "cm"), [-0.01, 0.0, 0.02]),
        (predicate("to_goal", "at_most", 4, "cm", take="norm_xy"), [-0.01, 0.04, -0.26]),
        (predicate("to_goal", "at_most", 0.13, "m", take="norm"), [0.0, 0.12, -0.17]),
        (predicate("to_goal", "about", 0, "mm", take="z", tolerance=20), [-0.1, 0.01, 0.02]),
        (predicate("to_goal", "at_least", 0, "m", take="x"), [0.03, 0.0, 0.3]),
        (predicate("touching", "at_least", 1, "1", items=2), [0.0, -1.0, -1.0]),
        (predicate("touching", "at_most", 0, "1"), [-1.0, -1.0, 0.0]),
        (predicate("tips_to_markers", "at_most", 20, "mm", take="norm"), [0.01, -0.08, 0.02 - np.sqrt(3)]),
        (predicate("tips_to_markers", "at_most", 20, "mm", take="norm", items=2), [0.01, 0.01, 0.02 - np.sqrt(3)]),
        (predicate("to_goal", "at_most", 0.11, "m", take="abs"), [-0.01, 0.1, -0.19]),
    ],
)
def test_margin(data, margins):
    np.testing.assert_allclose(data.margin(FEATURES), margins, atol=1e-12)
    closeness = data.closeness(FEATURES)
    np.testing.assert_array_equal(closeness == 1.0, np.array(margins) >= -1e-12)


def test_closeness_is_that_of_the_tasks_rewards():
    # 1 cm short of 3 cm: 1 / (1 + 10 / m * 0.01 m)
    assert predicate("lifted", "at_least", 3, "cm").closeness(FEATURES)[0] == pytest.approx(1 / 1.1)


@given(st.lists(st.floats(-10, 10), min_size=4, max_size=4), st.floats(-10, 10), st.integers(1, 4))
def test_so_many_items_hold_exactly_when_the_margin_is_not_negative(values, bound, items):
    found = predicate("f", "at_least", bound, "1", items=items).margin({"f": np.array([values])})[0]
    assert (found >= 0) == (sum(value >= bound for value in values) >= items)


@pytest.mark.parametrize("unit", UNITS)
def test_units_scale_to_those_of_features(unit):
    base, scale = UNITS[unit]
    margin = predicate("f", "at_least", 2, unit).margin({"f": np.array([5.0])})[0]
    assert margin == pytest.approx(5.0 - 2 * scale)
    assert base in UNITS


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (predicate("height", "at_least", 1, "m"), "unknown feature 'height'.*Valid: lifted, object_position"),
        (predicate("lifted", "at_least", 1, "deg"), "lifted is in m, not deg; use m or cm or mm"),
        (predicate("lifted", "at_least", 1, "m", take="norm"), "norm is for 3-vectors; lifted has shape"),
        (predicate("touching", "at_least", 1, "1", items=5), "touching has 4 items to compare, not 5"),
        (predicate("to_goal", "at_least", 1, "m", take="norm", items=2), "has 1 items"),
    ],
)
def test_what_the_task_does_not_measure_is_refused(wrong, words):
    with pytest.raises(DexSim2RealError, match=words):
        wrong.check(TASKS["pick_place"].feature_infos)
    with pytest.raises(UnknownNameError):
        predicate("lifted", "at_least", 1, "m").check(TASKS["pouring"].feature_infos)


@pytest.mark.parametrize(
    "wrong",
    [
        {"relation": "about"},
        {"tolerance": 1},
        {"relation": "greater"},
        {"take": "__import__('os')"},
        {"value": float("nan")},
        {"value": "x"},
        {"unit": "inch"},
        {"items": 0},
        {"code": "1"},
    ],
)
def test_what_is_not_in_the_vocabulary_is_refused(wrong):
    with pytest.raises(ValidationError):
        Predicate(**{"feature": "lifted", "relation": "at_least", "value": 1, "unit": "m"} | wrong)


def test_reads_well():
    assert str(predicate("touching", "at_least", 1, "1", items=2)) == "2 of touching ≥ 1"
    assert str(predicate("to_goal", "about", 0, "cm", take="z", tolerance=1)) == "z(to_goal) = 0 ± 1 cm"
