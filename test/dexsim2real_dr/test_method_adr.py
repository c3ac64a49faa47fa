"""The ADR baseline moves its ends towards what scores well, and keeps inside the bounds."""

import numpy as np

from dexsim2real_dr.methods.adr import adr, start
from dexsim2real_sim import PARAMETERS

NAMES = ("table_red", "table_green")


def test_it_starts_narrow_about_the_nominal_values():
    box = start(["table_red", "table_texture"])
    p = PARAMETERS["table_red"]
    np.testing.assert_allclose([box.low[0], box.high[0]], [p.nominal - 0.08, p.nominal + 0.08])  # a fifth of 0.8
    assert box.low[1] == 0  # nominal 0 is the lower bound of the share of the bank
    assert box.high[1] == 0.1


def test_ends_move_towards_good_marks():
    begin = start(NAMES)
    found = adr(NAMES, lambda values: values @ [10, -5], 150, seed=0)
    assert found.high[0] > begin.high[0] + 0.05
    assert found.low[1] < begin.low[1] - 0.05
    centre = (found.low + found.high) / 2 - (begin.low + begin.high) / 2
    assert centre[0] > 0.05
    assert centre[1] < -0.02


def test_it_repeats_with_the_seed_stays_in_bounds_and_passes_over_failures():
    calls = []

    def failing(values):
        calls.append(values)
        return np.full(1, np.nan) if len(calls) % 2 else values.sum(axis=1)

    first = adr(NAMES, failing, 101, seed=3)
    assert len(calls) == 101
    again = adr(NAMES, failing, 101, seed=3)  # the 102nd call does not fail, so the results differ
    assert (first.low >= 0).all()
    assert (first.high <= 1).all()
    assert not np.array_equal(first.low, again.low) or not np.array_equal(first.high, again.high)
    plain = [adr(NAMES, lambda values: values.sum(axis=1), 100, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(plain[0].low, plain[1].low)


def test_only_failures_move_nothing():
    np.testing.assert_array_equal(adr(NAMES, lambda values: np.full(1, np.nan), 30, seed=0).low, start(NAMES).low)
