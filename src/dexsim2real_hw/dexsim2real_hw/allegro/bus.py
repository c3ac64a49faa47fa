"""The CAN bus of a hand: opening it, frames in and out, and errors that say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dexsim2real_description.optional import require
from dexsim2real_hw.allegro.protocol import BITRATE, ErrorFrame, unpack, wire_id
from dexsim2real_hw.errors import HardwareError

_CAN_DEVICE = "280"
"""ARPHRD_CAN, the type of a CAN interface in /sys/class/net."""
_ROOM_TO_SEND = 0.002
"""How long a full transmit buffer is waited for [s]; eight frames take 1 ms."""


class BusOffError(HardwareError):
    """The controller has left the bus: nothing that is sent now arrives."""


class CanBus(Protocol):
    """What this module needs of a `can.BusABC`."""

    def send(self, msg: Any, timeout: float | None = None) -> None: ...  # noqa: D102

    def recv(self, timeout: float | None = None) -> Any: ...  # noqa: D102

    def shutdown(self) -> None: ...  # noqa: D102


class Received(NamedTuple):
    """A message from the hand."""

    message: int
    payload: bytes
    stamp: float
    """When it came [s], by the interface's clock: it may have waited since."""


class HandBus:
    """Messages to and from one hand."""

    def __init__(self, bus: CanBus, channel: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._can = require("can", "hand")
        self._bus = bus
        self._channel = channel
        self.clock = clock
        """Seconds, for every time that concerns this bus."""

    @classmethod
    def open(cls, interface: str, channel: str) -> HandBus:
        """Open a bus of python-can. Raises HardwareError that says how to bring it up."""
        can = require("can", "hand")
        if interface == "socketcan" and (problem := interface_problem(channel)):
            raise HardwareError(problem)
        try:
            bus = can.Bus(interface=interface, channel=channel, bitrate=BITRATE)
        except (can.CanError, OSError, ValueError) as error:
            raise HardwareError(f"cannot open CAN interface {channel!r} ({interface}): {error}") from error
        return cls(bus, channel)

    def send(self, message: int, payload: bytes = b"", *, request: bool = False) -> None:
        """Send one message, or request one (remote frame). Raises HardwareError if the interface refuses it."""
        frame = self._can.Message(
            arbitration_id=wire_id(message), data=payload, is_extended_id=False, is_remote_frame=request
        )
        try:
            self._bus.send(frame, timeout=_ROOM_TO_SEND)
        except (self._can.CanError, OSError) as error:
            raise self._refused(error) from error

    def receive(self, timeout: float) -> Received | None:
        """The next message, or None: nothing within `timeout` [s], or no message of a hand.

        Raises BusOffError when the controller reports that it has left the bus, HardwareError if the interface
        is gone.
        """
        frame = self._next(timeout)
        if frame is None:
            return None
        if frame.is_error_frame and frame.arbitration_id & ErrorFrame.BUS_OFF:
            raise BusOffError(
                f"CAN interface {self._channel!r} is bus-off: check the hand's power, the cable and its "
                f"termination, then: {bring_up(self._channel)}"
            )
        content = unpack(frame)
        return None if content is None else Received(*content, frame.timestamp)

    def flush(self) -> None:
        """Forget frames that came before now."""
        while self._next(0.0) is not None:
            pass

    def close(self) -> None:
        """Close the interface."""
        self._bus.shutdown()

    def _next(self, timeout: float) -> Any:
        try:
            return self._bus.recv(timeout)
        except (self._can.CanError, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> HardwareError:
        return HardwareError(
            f"CAN interface {self._channel!r} refuses frames ({error}): is the hand powered and connected? "
            f"To bring the interface up: {bring_up(self._channel)}"
        )


def bring_up(channel: str) -> str:
    """The command that brings a CAN interface up; `restart-ms` so that bus-off does not last for ever."""
    return f"sudo ip link set {channel} down; sudo ip link set {channel} up type can bitrate {BITRATE} restart-ms 100"


def interface_problem(channel: str, root: Path = Path("/sys/class/net")) -> str | None:
    """What is wrong with a SocketCAN interface and what to do, or None if it is up."""
    folder = root / channel
    if not folder.exists():
        there = sorted(p.name for p in root.glob("*") if _read(p / "type") == _CAN_DEVICE)
        found = f"there are {', '.join(there)}" if there else "this machine has none; is the adapter plugged in?"
        return f"no CAN interface {channel!r}: {found}"
    if _read(folder / "type") != _CAN_DEVICE:
        return f"network interface {channel!r} is no CAN interface"
    if not int(_read(folder / "flags") or "0", 16) & 1:  # IFF_UP
        return f"CAN interface {channel!r} is down; bring it up with: {bring_up(channel)}"
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
