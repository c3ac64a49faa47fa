"""Device time to system time for sensors whose clock is not the system's."""

from __future__ import annotations

from collections import deque


class DeviceClock:
    """Maps a device's own time stamps to system time by the least delayed of the recent frames.

    Every arrival is late by some transport; the smallest difference of arrival and device time in the window is
    the one with the least of it. So a stamp is never later than its arrival, jitter is removed, and the window
    follows the drift between the clocks (100 ppm in 10 s are 1 ms).
    """

    def __init__(self, window: int = 300) -> None:
        self._offsets: deque[int] = deque(maxlen=window)

    def to_system(self, device_ns: int, arrival_ns: int) -> int:
        """System time [ns] of what the device stamped `device_ns` and what arrived at `arrival_ns`."""
        self._offsets.append(arrival_ns - device_ns)
        return device_ns + min(self._offsets)
