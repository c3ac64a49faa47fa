from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_perception.device_clock import DeviceClock

MS = 1_000_000


def test_jitter_of_the_arrival_is_removed():
    clock = DeviceClock()
    # The device's clock is 1000 ms behind; transport takes 5 ms at best.
    arrivals = [(0, 1012), (33, 1038), (66, 1096), (99, 1105)]
    assert [clock.to_system(device * MS, arrival * MS) // MS for device, arrival in arrivals] == [
        1012,
        1038,
        1071,
        1104,
    ]


def test_drift_is_followed_once_the_old_offsets_have_left_the_window():
    clock = DeviceClock(window=3)
    for frame in range(10):  # the device runs 1 % slow: each offset is larger than the one before
        stamp = clock.to_system(1000 * frame, 1010 * frame)
    assert stamp == 9000 + 7 * 10


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**9)), min_size=1, max_size=50))
def test_no_stamp_is_later_than_its_arrival(frames):
    clock = DeviceClock(window=5)
    for device, delay in sorted(frames):
        assert clock.to_system(device, device + delay) <= device + delay
