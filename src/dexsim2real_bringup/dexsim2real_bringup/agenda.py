"""What happens when, in simulated time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """Calls in the order of their times, and of their entry where times are equal; nothing waits for a clock."""

    def __init__(self) -> None:
        self.now = 10**9
        """[ns]; not zero, which is no time for a ROS stamp either."""
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._number = count()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call once, so long from now."""
        heapq.heappush(self._due, (self.now + round(seconds * 1e9), next(self._number), call))

    def every(self, rate: float, first: float, call: Callable[[], None]) -> None:
        """Call `rate` times a second, on an even grid that begins `first` [s] from now."""
        self._repeat(self.now + first * 1e9, 1e9 / rate, 0, call)

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Make what is due happen until `condition()` is true; False if it is not within so many seconds."""
        end = self.now + round(seconds * 1e9)
        while not condition():
            if not self._due or self._due[0][0] > end:
                self.now = end
                return False
            self.now, _, call = heapq.heappop(self._due)
            call()
        return True

    def _repeat(self, begin: float, period: float, number: int, call: Callable[[], None]) -> None:
        def due() -> None:
            self._repeat(begin, period, number + 1, call)
            call()

        heapq.heappush(self._due, (round(begin + number * period), next(self._number), due))
