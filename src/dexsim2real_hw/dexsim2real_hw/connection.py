"""Keeps one driver connected for a node: tries until the device is there, never restarts a device that stopped."""

from __future__ import annotations

import threading
import time

from dexsim2real_hw.driver import Array, Driver, Mode, State
from dexsim2real_hw.errors import HardwareError

RETRY = 2.0
"""Between two attempts to find a device that is not there yet [s]."""
FRESH = 0.05
"""A reading older than this is none: six periods of the slowest loop that may publish [s]."""


class Connection:
    """One driver and the thread that connects it; every method returns at once.

    A device that was never there is tried again and again, which moves nothing. One that stopped, whose loop
    ended, or that lost its power waits for `recover`, which a person asks for.
    """

    def __init__(self, driver: Driver, retry: float = RETRY) -> None:
        self._driver = driver
        self._retry = retry
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._connected = False
        self._message = "connecting"
        self._thread = threading.Thread(target=self._work, name=driver.features.name, daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._wanted.set()
        self._thread.start()

    def close(self) -> None:
        """Stop the device and wait until it has stopped."""
        self._closing.set()
        self._wanted.set()
        self._thread.join()
        self._connected = False
        self._driver.disconnect()

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the driver's joints."""
        return self._driver.features.joints

    def state(self) -> State | None:
        """A fresh reading, or None; `status` says why."""
        state = self._read()
        fresh = state is not None and (time.monotonic_ns() - state.stamp_ns) * 1e-9 <= FRESH
        return state if fresh else None

    def status(self) -> tuple[bool, str, dict[str, object]]:
        """Whether the device is ready to move, what it does, and its counters."""
        state = self._read()
        if state is None:
            return False, self._message, {}
        ready = state.mode in (Mode.HOLDING, Mode.TRACKING)
        return ready, state.message or state.mode.name.lower(), {"mode": state.mode.name.lower(), **state.counters}

    def send(self, position: Array, velocity: Array) -> None:
        """Pass a target on; without a device it is dropped. Raises CommandError as the driver does."""
        if not self._connected:
            return
        try:
            self._driver.send(position, velocity)
        except HardwareError as error:
            self._lose(str(error))

    def recover(self) -> str:
        """Ask for power, or for another try; returns what was asked."""
        state = self._read()
        name = self._driver.features.name
        if state is None:
            self._wanted.set()
            return f"{name}: connecting again"
        if state.mode in (Mode.HOLDING, Mode.TRACKING):
            return f"{name}: nothing to recover from"
        try:
            self._driver.recover()
        except HardwareError as error:
            self._lose(str(error))
            self._wanted.set()
        return f"{name}: asked to recover"

    def _read(self) -> State | None:
        if not self._connected:
            return None
        try:
            return self._driver.state()
        except HardwareError as error:
            self._lose(str(error))
            return None

    def _lose(self, reason: str) -> None:
        self._connected = False
        self._message = f"{reason}; recover to connect again"

    def _work(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            if self._closing.is_set():
                return
            try:
                self._driver.disconnect()
                self._driver.connect()
            except HardwareError as error:
                self._message = str(error)
                self._closing.wait(self._retry)
            else:
                self._wanted.clear()
                self._connected = True
