"""ROS times as whole numbers of nanoseconds."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description.stamps import nanoseconds, stamp_fields


@pytest.mark.parametrize(
    ("time_ns", "sec", "nanosec"),
    [(0, 0, 0), (999_999_999, 0, 999_999_999), (1_750_000_000_000_000_001, 1_750_000_000, 1), (-1, -1, 999_999_999)],
)
def test_seconds_and_nanoseconds(time_ns, sec, nanosec):
    assert stamp_fields(time_ns) == {"sec": sec, "nanosec": nanosec}


@given(st.integers(-(2**31) * 10**9, 2**31 * 10**9 - 1))
def test_back_again(time_ns):
    fields = stamp_fields(time_ns)
    assert nanoseconds(SimpleNamespace(**fields)) == time_ns
    assert 0 <= fields["nanosec"] < 10**9
