"""Real time kept over late ticks, and what is due when."""

import pytest

from dexsim2real_sim.live_clock import CATCH_UP, Pace, Periodic

PERIOD = 10_000_000  # 100 Hz


def test_a_timer_with_jitter_makes_one_tick_per_call():
    pace = Pace(100.0)
    jitter = [0, 3_000_000, -2_000_000, 4_000_000, 0]
    assert [pace.due(k * PERIOD + shift) for k, shift in enumerate(jitter)] == [1] * 5
    assert pace.late == pace.given_up == 0


def test_late_ticks_are_made_up_for():
    pace = Pace(100.0)
    assert pace.due(0) == 1
    assert pace.due(3 * PERIOD) == 3
    assert pace.due(4 * PERIOD) == 1
    assert (pace.late, pace.given_up) == (2, 0)
    assert pace.factor == pytest.approx(1.0)


def test_a_long_stall_is_given_up_and_not_played_back():
    pace = Pace(100.0)
    pace.due(0)
    assert pace.due(100 * PERIOD) == CATCH_UP
    assert pace.given_up == 100 - CATCH_UP
    assert pace.due(101 * PERIOD) == 1
    assert pace.factor == pytest.approx((1 + CATCH_UP) / 101)  # and it says that it was not in real time


def test_a_call_too_early_makes_no_tick():
    pace = Pace(100.0)
    pace.due(0)
    assert pace.due(PERIOD // 4) == 0


def test_each_tick_knows_when_it_was_due():
    pace = Pace(100.0)
    pace.due(0)
    now = 3 * PERIOD + 2_000_000
    assert pace.due(now) == 3  # those of 1, 2 and 3 periods
    assert [pace.lateness(now, left) for left in (2, 1, 0)] == pytest.approx([0.022, 0.012, 0.002])


def test_something_slower_is_due_once_per_period():
    due = Periodic(30.0)
    fired = [k for k in range(12) if due(k / 120)]
    assert fired == [0, 4, 8]


def test_a_rate_that_does_not_divide_the_ticks_keeps_its_average():
    due = Periodic(100.0)
    assert sum(due(k / 120) for k in range(120)) == 100
