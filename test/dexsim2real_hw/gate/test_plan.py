import numpy as np
import pytest

from dexsim2real_hw.gate.chunk import Knots
from dexsim2real_hw.gate.plan import Plan

MS = 1_000_000
ZERO = np.zeros(2)


def knots(times_ms, positions, velocities=None):
    rows = np.array(positions, float)[:, None] * np.array([1.0, -2.0])
    speeds = None if velocities is None else np.array(velocities, float)[:, None] * np.array([1.0, -2.0])
    return Knots(np.array(times_ms, np.int64) * MS, rows, speeds)


def at(plan, *times_ms):
    return plan.sample(np.array(times_ms, np.int64) * MS)[:, 0].tolist()


def test_the_points_of_a_chunk_are_met_exactly():
    plan = Plan(0, ZERO)
    values = [0.1, 0.7, -0.3, 1 / 3]
    plan.splice(knots([0, 7, 40, 100], values), 0)
    assert at(plan, 0, 7, 40, 100) == values
    np.testing.assert_array_equal(plan.sample(np.array([7 * MS]))[0], [0.7, -1.4])


def test_before_and_after_its_points_a_plan_stands_still():
    plan = Plan(0, ZERO)
    plan.splice(knots([0, 100], [1.0, 2.0]), 0)
    assert at(plan, -50, 100, 5000) == [1.0, 2.0, 2.0]


def test_between_points_the_chunks_velocities_count():
    # Cubic from 0 to 1 in a second, starting and ending at 2 rad/s: 2 s - 3 s^2 + 2 s^3, which is 0.40625 at 1/4.
    plan = Plan(0, ZERO)
    plan.splice(knots([0, 1000], [0.0, 1.0], [2.0, 2.0]), 0)
    assert at(plan, 250, 500) == pytest.approx([2 * 0.25 - 3 * 0.0625 + 2 * 0.015625, 0.5])


def test_without_velocities_a_parabola_is_met_between_inner_points():
    plan = Plan(0, ZERO)
    times = [0, 100, 250, 300, 400]
    plan.splice(knots(times, [(t / 1000) ** 2 for t in times]), 0)
    assert at(plan, 150, 200, 280) == pytest.approx([0.0225, 0.04, 0.0784], abs=1e-12)


def test_a_chunk_without_velocities_ends_at_rest():
    plan = Plan(0, ZERO)
    plan.splice(knots([0, 100], [0.0, 1.0]), 0)
    (before,) = at(plan, 99)
    assert 1.0 - before < 0.01 * 0.1  # a straight line would still be 0.01 away


def test_what_was_planned_holds_until_the_new_chunk_begins():
    plan = Plan(0, ZERO)
    plan.splice(knots([0, 100, 200], [0.0, 1.0, 2.0]), 0)
    plan.splice(knots([150, 250], [5.0, 6.0]), 50 * MS)
    assert at(plan, 100, 150, 250) == [1.0, 5.0, 6.0]


def test_chunks_that_always_begin_in_the_future_are_followed_all_the_same():
    plan = Plan(0, ZERO)
    for now in range(0, 1000, 20):
        plan.splice(knots([now + 50, now + 150], [now + 50, now + 150]), now * MS)
        if now >= 60:
            assert at(plan, now) == pytest.approx([now], abs=15)


def test_after_its_end_the_way_to_the_next_chunk_starts_now_and_at_rest():
    plan = Plan(0, ZERO)
    plan.splice(knots([0, 100], [0.0, 1.0]), 0)
    plan.splice(knots([1000, 1100], [2.0, 2.0]), 900 * MS)
    assert at(plan, 900, 1000) == [1.0, 2.0]
    assert at(plan, 910)[0] - 1.0 < 0.03  # a tenth of the way in time, 0.028 of it from rest


def test_the_past_is_forgotten():
    plan = Plan(0, ZERO)
    for now in range(0, 5000, 10):
        plan.splice(knots([now, now + 100], [0.0, 1.0]), now * MS)
    assert len(plan._times) < 10
