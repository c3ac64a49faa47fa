import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from dexsim2real_audit.statistics import Interval, barnard, bootstrap, cohens_kappa, difference, wilson
from dexsim2real_description import DexSim2RealError


def test_wilson_by_hand():
    """17 of 20, z = 1.96: centre (0.85 + 0.09604) / 1.19208 = 0.7936, half 0.1540."""
    assert wilson(17, 20) == Interval(0.85, pytest.approx(0.6396, abs=1e-4), pytest.approx(0.9476, abs=1e-4))


def test_wilson_at_the_ends():
    """0 of 10: high end z^2 / (n + z^2) = 3.8415 / 13.8415."""
    assert wilson(0, 10) == Interval(0.0, 0.0, pytest.approx(3.84146 / 13.84146, abs=1e-5))
    assert wilson(10, 10).high == 1.0


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_rate_and_is_symmetric(case):
    successes, trials = case
    interval = wilson(successes, trials)
    mirror = wilson(trials - successes, trials)
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.low == pytest.approx(1 - mirror.high)


def test_wilson_covers_the_truth_about_95_percent_of_the_time():
    """Exact coverage for 50 trials at a rate of 0.8."""
    covered = sum(binom.pmf(k, 50, 0.8) for k in range(51) if wilson(k, 50).low <= 0.8 <= wilson(k, 50).high)
    assert 0.93 < covered < 0.97


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_rate(successes, trials):
    with pytest.raises(DexSim2RealError, match="make no success rate"):
        wilson(successes, trials)


def test_difference_as_in_the_paper():
    """Newcombe 1998, table II, example (a), method 10: 56/70 - 48/80 = 0.2, interval 0.0524 to 0.3339."""
    gap = difference(wilson(56, 70), wilson(48, 80))
    assert gap == Interval(pytest.approx(0.2), pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_barnard_on_a_known_table():
    """7 of 15 against 12 of 15 (Barnard's vaccine trial, as in scipy's manual): p = 0.0682 two-sided."""
    assert barnard(7, 15, 12, 15) == pytest.approx(0.0682, abs=1e-3)


def test_barnard_without_a_difference():
    assert barnard(0, 10, 0, 10) == 1.0
    assert barnard(5, 10, 5, 10) == pytest.approx(1.0)
    assert barnard(3, 50, 45, 50) < 1e-6


def test_kappa_by_hand():
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5, kappa 0.4."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohens_kappa(first, second) == pytest.approx(0.4)


def test_kappa_at_the_ends():
    assert cohens_kappa([1, 0, 1], [1, 0, 1]) == 1.0
    assert cohens_kappa([1, 0], [0, 1]) == -1.0
    assert np.isnan(cohens_kappa([1, 1], [1, 1]))
    with pytest.raises(DexSim2RealError, match="2 and 1"):
        cohens_kappa([1, 1], [1])


def test_bootstrap_of_a_mean_is_close_to_the_normal_interval():
    values = np.random.default_rng(3).normal(5.0, 2.0, 200)
    interval = bootstrap(values)
    half = 1.96 * values.std() / np.sqrt(200)
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.05)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.05)


def test_bootstrap_of_another_statistic_and_of_nothing():
    interval = bootstrap([1.0, 2.0, 100.0], lambda rows: np.median(rows, axis=1))
    assert interval.value == 2.0
    with pytest.raises(DexSim2RealError, match="needs a list"):
        bootstrap([])
