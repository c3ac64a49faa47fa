import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dexsim2real_audit.trace_delay import delay_between
from dexsim2real_description import DexSim2RealError

STEP = 0.005
T = np.arange(0, 8, STEP)


def chirp(t):
    return np.sin(2 * np.pi * (0.3 * t + 0.15 * t**2))


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.3, 0.3), st.integers(0, 10))
def test_a_shift_is_found_to_a_tenth_of_a_sample(shift, seed):
    noise = np.random.default_rng(seed).normal(0, 1e-4, len(T))
    found = delay_between(chirp(T), 3 + 0.8 * chirp(T - shift) + noise, STEP)
    assert found.seconds == pytest.approx(shift, abs=STEP / 10)
    assert found.correlation > 0.98


def test_a_step_that_is_followed_slowly():
    """The response starts 37 ms late and takes 100 ms: what is found lies inside the rise."""
    command = np.where(T > 2, 0.2, 0.0)
    response = np.clip((T - 2.037) * 2.0, 0.0, 0.2)
    assert 0.037 - STEP <= delay_between(command, response, STEP).seconds <= 0.137 + STEP


def test_signals_that_show_nothing():
    with pytest.raises(DexSim2RealError, match="does not move"):
        delay_between(chirp(T), np.zeros_like(T), STEP)
    with pytest.raises(DexSim2RealError, match="too few"):
        delay_between(chirp(T)[:50], chirp(T)[:50], STEP)


def test_unrelated_signals_correlate_little():
    a, b = np.random.default_rng(0).normal(size=(2, len(T)))
    assert delay_between(np.cumsum(a), np.cumsum(b), STEP).correlation < 0.3
