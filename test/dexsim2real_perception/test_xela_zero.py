import numpy as np
import pytest

from dexsim2real_perception.xela_zero import Baseline, BaselineConfig

MS = 1_000_000


def test_mean_after_two_seconds():
    baseline = Baseline()
    for step in range(201):  # 0 to 2 s at 100 Hz
        assert baseline.mean is None
        baseline.add(step * 10 * MS, np.array([100.0 + step % 2, 7.0]))
    # 101 readings of 100 and 100 of 101
    assert baseline.mean == pytest.approx([100 + 100 / 201, 7.0])


def test_later_readings_change_nothing():
    baseline = Baseline(BaselineConfig(duration_s=0.1, min_readings=2))
    baseline.add(0, np.array([1.0]))
    baseline.add(100 * MS, np.array([3.0]))
    baseline.add(200 * MS, np.array([900.0]))
    assert baseline.mean == pytest.approx([2.0])


def test_few_readings_are_not_enough_however_long_they_take():
    baseline = Baseline()
    for second in range(19):
        baseline.add(second * 1000 * MS, np.zeros(3))
    assert baseline.mean is None
    baseline.add(19_000 * MS, np.zeros(3))
    assert baseline.mean is not None


def test_a_touch_during_the_baseline_starts_it_again():
    baseline = Baseline(BaselineConfig(duration_s=1.0, min_readings=10))
    for step in range(11):  # a ramp of 0 to 200 counts: standard deviation 63
        baseline.add(step * 100 * MS, np.array([20.0 * step]))
    assert baseline.mean is None
    assert baseline.disturbed
    for step in range(11, 22):
        baseline.add(step * 100 * MS, np.array([5.0]))
    assert baseline.mean == pytest.approx([5.0])
    assert not baseline.disturbed
