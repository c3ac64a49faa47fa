"""Frames of the past, given again at the times they would have come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dexsim2real_perception.errors import SourceEndedError


class Player:
    """Gives frames with the intervals of their stamps, the first one at once, each stamped with its new time.

    Frames are frozen dataclasses with a `stamp_ns` [ns].
    """

    def __init__(self, frames: Iterator[Any]) -> None:
        self._frames = frames
        self._next: Any = None
        self._shift_ns: int | None = None

    def read(self, timeout_s: float) -> Any:
        """The next frame once it is due; None if that is later than the time-out.

        Raises SourceEndedError after the last one.
        """
        if self._next is None:
            self._next = next(self._frames, None)
        if self._next is None:
            raise SourceEndedError("the recording has ended")
        if self._shift_ns is None:
            self._shift_ns = time.time_ns() - self._next.stamp_ns
        due = self._next.stamp_ns + self._shift_ns
        wait = (due - time.time_ns()) * 1e-9
        time.sleep(max(0.0, min(wait, timeout_s)))
        if wait > timeout_s:
            return None
        frame, self._next = replace(self._next, stamp_ns=due), None
        return frame
