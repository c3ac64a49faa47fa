from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.cell import make_cell

TWO = ActionSpec(scale=(0.1, 0.2), lower=(-1.0, 0.0), upper=(1.0, 0.5), rate=30.0, joints=("a", "b"))


def test_step_moves_by_the_scale_and_stops_at_the_limits():
    # a: 0.95 + 0.1 -> 1.05, limit 1; b: 0.3 - 0.5 * 0.2 = 0.2
    assert TWO.step(np.array([0.95, 0.3]), np.array([1.0, -0.5])) == pytest.approx([1.0, 0.2])


def test_actions_beyond_one_count_as_one():
    assert TWO.step(np.zeros(2), np.array([7.0, 7.0])) == pytest.approx([0.1, 0.2])


def test_integrate_accumulates_and_clips_on_the_way():
    # b climbs 0.4, 0.5 (clipped from 0.6), then falls by 0.2 from the clipped value
    targets = TWO.integrate(np.array([0.0, 0.2]), np.array([[1.0, 1.0], [0.0, 1.0], [-1.0, -1.0]]))
    assert targets == pytest.approx(np.array([[0.1, 0.4], [0.1, 0.5], [0.0, 0.3]]))


@given(
    actions=arrays(np.float64, (4, 3, 2), elements=st.floats(-1e6, 1e6)),
    target=arrays(np.float64, (4, 2), elements=st.floats(-5, 5)),
)
def test_targets_stay_inside_the_limits_and_batches_equal_singles(actions: np.ndarray, target: np.ndarray):
    targets = TWO.integrate(target, actions)
    assert (targets >= TWO.lower).all() and (targets <= TWO.upper).all()
    assert np.array_equal(targets[2], TWO.integrate(target[2], actions[2]))


def test_toward_undoes_a_step_and_never_exceeds_one():
    target = np.array([0.2, 0.3])
    assert TWO.toward(target, TWO.step(target, np.array([-0.4, 0.7]))) == pytest.approx([-0.4, 0.7])
    assert TWO.toward(target, np.array([9.0, -9.0])).tolist() == [1.0, -1.0]


def test_of_cell_scales_by_the_velocity_limit():
    spec = ActionSpec.of_cell(make_cell("panda"), rate=20.0, speed=0.5)
    assert spec.scale[0] == pytest.approx(2.175 * 0.5 / 20)  # FACTS 1.3
    assert spec.upper[0] == 2.8973


@pytest.mark.parametrize(
    ("change", "message"),
    [({"rate": 0.0}, "action rate is 0.0 Hz"), ({"scale": (0.1,)}, "scale has 1 numbers for 2 joints")],
)
def test_bad_specs_are_refused(change: dict, message: str):
    with pytest.raises(DexSim2RealError, match=message):
        replace(TWO, **change)


def test_an_arm_that_is_held_does_not_move_and_asks_for_nothing():
    spec = ActionSpec.of_cell(make_cell(), hold_arm=True)
    start = (np.array(spec.lower) + np.array(spec.upper)) / 2
    moved = spec.step(start, np.full(23, 0.5))
    assert (moved[:7] == start[:7]).all() and (moved[7:] > start[7:]).all()
    assert spec.toward(start, start + 0.01)[:7].tolist() == [0.0] * 7
