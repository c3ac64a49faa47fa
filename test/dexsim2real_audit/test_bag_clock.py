import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_audit.bag_clock import JUMP, repair, to_source_time

S = 1_000_000_000


def stamps(*seconds):
    return np.array([round(s * S) for s in seconds], np.int64)


def test_good_stamps_stay():
    times, keep, problems = repair(stamps(10, 11, 12), stamps(0.5, 1.5, 2.4))
    np.testing.assert_array_equal(times, stamps(0.5, 1.5, 2.4))
    assert keep.all()
    assert problems == []


def test_a_jump_back_is_undone():
    # After the third message the source says 100 s less while the recorder saw 1 s pass.
    times, keep, problems = repair(stamps(10, 11, 12, 13), stamps(110, 111, 12, 13))
    np.testing.assert_array_equal(times, stamps(110, 111, 112, 113))
    assert keep.all()
    assert len(problems) == 1
    assert "-100.000 s at 2.000 s" in problems[0]


def test_two_jumps():
    times, _, problems = repair(stamps(0, 1, 2, 3), stamps(0.5, 51, 52, 3))
    np.testing.assert_array_equal(times, stamps(0.5, 1.5, 2.5, 3.5))
    assert len(problems) == 2


def test_messages_out_of_order_are_dropped():
    times, keep, problems = repair(stamps(0, 0.1, 0.2, 0.3), stamps(0, 0.2, 0.1, 0.3))
    assert list(keep) == [True, True, False, True]
    assert np.all(np.diff(times[keep]) > 0)
    assert "1 messages" in problems[0]


def test_messages_without_a_stamp_take_the_recorders():
    times, _, _ = repair(stamps(10, 11), stamps(0, 0))
    np.testing.assert_array_equal(times, stamps(10, 11))


@given(st.lists(st.tuples(st.integers(1, 10 * JUMP), st.integers(-(10 * JUMP), 10 * JUMP)), min_size=1, max_size=30))
def test_what_is_kept_always_increases(steps):
    received = np.cumsum([step[0] for step in steps]).astype(np.int64)
    stamped = received + np.array([step[1] for step in steps])
    times, keep, _ = repair(received, stamped)
    assert keep[0]
    assert np.all(np.diff(times[keep]) > 0)


def test_the_source_time_of_what_has_no_stamp():
    # The reference topic was stamped 4 s before the recorder received it, later 5 s.
    out = to_source_time(stamps(10, 15, 20, 30), stamps(10, 20), stamps(6, 15))
    np.testing.assert_array_equal(out, stamps(6, 10.5, 15, 25))
    np.testing.assert_array_equal(to_source_time(stamps(1), stamps(), stamps()), stamps(1))
