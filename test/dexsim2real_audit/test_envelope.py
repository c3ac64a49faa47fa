import warnings

import numpy as np
import pytest

from dexsim2real_audit.envelope import Distance, coverage, distance, envelope, quantiles

FAMILY = np.random.default_rng(0).normal(0, 1, (4000, 20, 2))


def test_the_band_of_a_normal_family():
    band = envelope(FAMILY)
    np.testing.assert_allclose(band.low, -1.96, atol=0.15)
    np.testing.assert_allclose(band.middle, 0.0, atol=0.1)
    np.testing.assert_allclose(band.high, 1.96, atol=0.15)


def test_a_member_is_covered_at_the_stated_rate():
    band = envelope(FAMILY)
    rates = [coverage(member, band, 0.0).mean() for member in np.random.default_rng(1).normal(0, 1, (200, 20, 2))]
    assert np.mean(rates) == pytest.approx(0.95, abs=0.01)


def test_coverage_by_hand():
    band = envelope(np.array([[[0.0, 0.0]], [[1.0, 1.0]]]))  # one moment, two components
    assert coverage(np.array([[0.5, 2.0]]), band, 0.0) == [0.5]
    assert coverage(np.array([[0.5, 1.5]]), band, 0.6) == [1.0]
    assert coverage(np.array([[0.5, np.nan]]), band, 0.0) == [1.0]
    assert np.isnan(coverage(np.array([[np.nan, np.nan]]), band, 0.0))


def test_what_nobody_recorded_has_no_band():
    family = np.full((3, 2, 1), np.nan)
    family[:, 0] = 1.0
    band = envelope(family)
    assert band.low[0, 0] == band.high[0, 0] == 1.0
    assert np.isnan(band.middle[1, 0])


def test_distance_by_hand():
    family = np.array([[[0.0]], [[1.0]], [[2.0]]])  # middle 1; own distances 1, 0, 1
    found = distance(np.array([[5.0]]), family)
    assert found == Distance(4.0, pytest.approx(2 / 3))
    assert found.ratio == pytest.approx(6.0)


def test_a_family_without_spread():
    same = np.ones((3, 2, 1))
    assert distance(np.ones((2, 1)), same).ratio == 1.0
    assert distance(np.zeros((2, 1)), same).ratio == float("inf")


@pytest.mark.parametrize("known", [0.0, 0.3, 1.0])
def test_quantiles_are_those_of_numpy(known):
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (17, 6, 4))
    values[rng.random(values.shape) > known] = np.nan
    values[:, 0] = 1.5
    shares = (0.0, 0.025, 0.5, 0.91, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy warns of columns without a number
        expected = np.nanquantile(values, shares, axis=0)
    np.testing.assert_allclose(quantiles(values, shares), expected, rtol=1e-12)
