"""The wire between a driver and the process that runs its control loop: packets over a socket pair.

A sequenced-packet socket keeps packets whole and in order, never blocks here, and ends when either side dies,
however it dies; that end is what makes each side stop safely for the other.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dexsim2real_hw.driver import Array, Mode, State

_STATE, _REPORT, _TARGET, _REQUEST = b"s", b"r", b"t", b"q"
_HEADER = struct.Struct("<cBq")  # kind, mode, stamp [ns]
_PACKET_LIMIT = 1 << 16


class LinkClosedError(Exception):
    """The other side has closed the link or has died."""


@dataclass(frozen=True, eq=False)
class Target:
    """Where to go, and when that was said."""

    stamp: float
    """`time.monotonic` of `send` [s]."""
    position: Array
    """[rad]"""
    velocity: Array
    """[rad/s]"""


class _Packets:
    """Whole packets, sent if there is room, received until there are no more."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(False)

    def send(self, packet: bytes) -> bool:
        """False if the other side is not reading; raises LinkClosedError if it is gone."""
        try:
            self._socket.send(packet)
        except BlockingIOError:
            return False
        except OSError as error:
            raise LinkClosedError from error
        return True

    def waiting(self) -> Iterator[bytes]:
        """Every packet that has arrived; raises LinkClosedError after the last one of a closed link."""
        while True:
            try:
                packet = self._socket.recv(_PACKET_LIMIT)
            except BlockingIOError:
                return
            except OSError as error:
                raise LinkClosedError from error
            if not packet:
                raise LinkClosedError
            yield packet

    def close(self) -> None:
        self._socket.close()


class DriverEnd(_Packets):
    """The side of the program that wants the device to move."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end)
        self._reading: tuple[int, Mode, Array] | None = None
        self.message = ""
        """Why the mode is what it is, or why the device has ended."""
        self._counters: Mapping[str, float] = {}

    @property
    def state(self) -> State | None:
        """The newest one that `poll` saw."""
        if self._reading is None:
            return None
        stamp, mode, (position, velocity, effort, sent) = self._reading
        return State(stamp, position, velocity, effort, sent, mode, self.message, self._counters)

    def poll(self) -> None:
        """Take in what has arrived; raises LinkClosedError as `waiting` does."""
        for packet in self.waiting():
            if packet[:1] == _REPORT:
                report = json.loads(packet[1:])
                self.message, self._counters = report["message"], report["counters"]
            else:
                _, mode, stamp = _HEADER.unpack_from(packet)
                vectors = np.frombuffer(packet, dtype=np.float64, offset=_HEADER.size).reshape(4, -1)
                self._reading = (stamp, Mode(mode), vectors)

    def target(self, position: Array, velocity: Array) -> None:
        """Send a target, shape (J,) each."""
        packet = struct.pack("<cd", _TARGET, time.monotonic())
        self.send(packet + np.concatenate([position, velocity]).astype(np.float64).tobytes())

    def request(self, word: str) -> None:
        """Ask for `stop` or `recover`."""
        self.send(_REQUEST + word.encode())


class DeviceEnd(_Packets):
    """The side of the control loop."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end)
        self.target: Target | None = None
        """The newest one."""
        self.stop = False
        """Asked to stop, or nobody is left who could ask."""
        self.recover = False
        """Asked to recover; the loop clears it."""

    def poll(self) -> None:
        """Take in what has arrived. A dead driver counts as a request to stop."""
        try:
            for packet in self.waiting():
                if packet[:1] == _TARGET:
                    (stamp,) = struct.unpack_from("<xd", packet)
                    position, velocity = np.frombuffer(packet, dtype=np.float64, offset=9).reshape(2, -1)
                    self.target = Target(stamp, position, velocity)
                elif packet == _REQUEST + b"stop":
                    self.stop = True
                else:
                    self.recover = True
        except LinkClosedError:
            self.stop = True

    def publish(self, state: State) -> None:
        """Send the vectors and the mode of a state."""
        vectors = np.concatenate([state.position, state.velocity, state.effort, state.sent])
        self._send_if_anyone(_HEADER.pack(_STATE, state.mode, state.stamp_ns) + vectors.tobytes())

    def report(self, message: str, counters: Mapping[str, float]) -> None:
        """Send what goes with the states: why the mode is what it is, and the counters."""
        text = json.dumps({"message": message, "counters": dict(counters)})
        self._send_if_anyone(_REPORT + text.encode())

    def _send_if_anyone(self, packet: bytes) -> None:
        try:
            self.send(packet)
        except LinkClosedError:
            self.stop = True


def link() -> tuple[socket.socket, socket.socket]:
    """Both ends of a new link, for DriverEnd and DeviceEnd."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
