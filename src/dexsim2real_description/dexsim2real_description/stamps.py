"""ROS times and durations, which are seconds and nanoseconds, as one whole number, and back; without ROS."""

from __future__ import annotations

from typing import Protocol


class Stamp(Protocol):
    """A builtin_interfaces/Time or Duration."""

    sec: int
    nanosec: int


def nanoseconds(stamp: Stamp) -> int:
    """How many nanoseconds it is."""
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def stamp_fields(time_ns: int) -> dict[str, int]:
    """The fields of the message for a time [ns], also one before 0: `Time(**stamp_fields(time_ns))`."""
    sec, nanosec = divmod(time_ns, 10**9)
    return {"sec": sec, "nanosec": nanosec}
