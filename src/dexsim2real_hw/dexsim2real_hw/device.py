"""A driver whose control loop runs in a process of its own.

Two processes look after each other: when the program dies, the link ends and the loop makes the device safe; when
the loop dies without having done so, the program does it (`last_resort`). pylibfranka keeps the interpreter lock
while it waits for the robot, and a hand keeps its last motor current for ever, so neither may share a process with
whatever else a program does.
"""

from __future__ import annotations

import atexit
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from dexsim2real_hw.driver import Array, Features, State, clamped
from dexsim2real_hw.errors import HardwareError
from dexsim2real_hw.link import DriverEnd, LinkClosedError, link

log = logging.getLogger(__name__)

SAFE, SAFE_AFTER_ERROR = 0, 2
"""Exit statuses of a loop that made its device safe; any other one calls for the last resort."""
_STOP_GRACE = 5.0
"""An arm at full speed comes to rest in a third of a second; a hand answers at once [s]."""
_LAST_RESORT_PERIOD = 1.0


class DeviceDriver:
    """Driver for a device whose loop is `dexsim2real_hw.device_process KIND`; see `Driver` for its methods."""

    def __init__(
        self,
        features: Features,
        kind: str,
        config: Mapping[str, object],
        last_resort: Callable[[], None],
        connect_timeout: float = 15.0,
    ) -> None:
        self._features = features
        self._kind = kind
        self._config = config
        self._last_resort = last_resort
        self._connect_timeout = connect_timeout
        self._link: DriverEnd | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._leaving = threading.Event()

    @property
    def features(self) -> Features:
        """What this driver offers."""
        return self._features

    def connect(self) -> None:
        """Start the loop and wait for its first state; raises HardwareError with what the loop said."""
        if self._process is not None:
            return
        ours, theirs = link()
        with theirs:
            command = [sys.executable, "-m", "dexsim2real_hw.device_process", self._kind, str(theirs.fileno())]
            # Its own session: Ctrl-C reaches the program only, which then ends the loop in order.
            self._process = subprocess.Popen(
                [*command, json.dumps(self._config)], pass_fds=[theirs.fileno()], start_new_session=True
            )
        self._link = DriverEnd(ours)
        self._leaving.clear()
        self._watcher = threading.Thread(target=self._watch, args=(self._process,), daemon=True)
        self._watcher.start()
        atexit.register(self.disconnect)
        self._wait_for_first_state()

    def state(self) -> State:
        """The newest reading."""
        state = self._polled().state
        if state is None:  # connect waits for one
            raise HardwareError(f"{self._features.name} has not reported yet; call connect first")
        return state

    def send(self, position: Array, velocity: Array | None = None) -> Array:
        """Pass a clamped target to the loop and return it."""
        target, speed = clamped(self._features, position, velocity)
        self._polled().target(target, speed)
        return target

    def recover(self) -> None:
        """Ask the loop to leave a fault; its states say whether it could."""
        self._polled().request("recover")

    def disconnect(self) -> None:
        """Ask the loop to end, then make it end."""
        if self._process is None or self._link is None:
            return
        self._leaving.set()
        with suppress(LinkClosedError):  # it may have ended already
            self._link.request("stop")
        self._end(self._process)
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join()
        self._link.close()
        self._link = self._process = self._watcher = None
        atexit.unregister(self.disconnect)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        for ask in (lambda: None, process.terminate, process.kill):
            ask()
            try:
                process.wait(_STOP_GRACE)
            except subprocess.TimeoutExpired:
                log.error("%s: its loop does not end; pressing harder", self._features.name)
            else:
                return

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        if process.wait() in (SAFE, SAFE_AFTER_ERROR):
            return
        log.error("%s: its loop ended with status %s", self._features.name, process.returncode)
        while True:  # a cable may be plugged in again: try until somebody disconnects
            try:
                self._last_resort()
            except HardwareError as error:
                log.critical("%s", error)
            else:
                return
            if self._leaving.wait(_LAST_RESORT_PERIOD):
                return

    def _polled(self) -> DriverEnd:
        if self._link is None:
            raise HardwareError(f"{self._features.name} is not connected; call connect first")
        try:
            self._link.poll()
        except LinkClosedError:
            reason = self._link.message or "its loop ended without a word"
            raise HardwareError(f"{self._features.name}: {reason}") from None
        return self._link

    def _wait_for_first_state(self) -> None:
        deadline = time.monotonic() + self._connect_timeout
        try:
            while self._polled().state is None:
                if time.monotonic() > deadline:
                    raise HardwareError(
                        f"{self._features.name} did not start within {self._connect_timeout:.0f} s; "
                        "is the machine overloaded?"
                    )
                time.sleep(0.005)
        except BaseException:
            self.disconnect()
            raise
