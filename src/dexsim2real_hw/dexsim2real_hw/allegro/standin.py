"""A hand that is not there: speaks the real protocol on a python-can bus and moves like simple joints.

For tests and dry runs. It has the habits that bite: it keeps its last torque until told otherwise, a V5 reports
positions only while its servos are on, and it can lose frames, fall silent, or take the bus off.
"""

from __future__ import annotations

import threading
import time

import numpy as np

from dexsim2real_description.optional import require
from dexsim2real_hw.allegro.bus import CanBus
from dexsim2real_hw.allegro.hands import HandType
from dexsim2real_hw.allegro.protocol import (
    FINGER_COUNT,
    ErrorFrame,
    Message,
    MotorFault,
    finger_of,
    pack_counts,
    unpack_counts,
    wire_id,
)
from dexsim2real_hw.driver import Array

INERTIA = 0.004
"""Of a joint with its gear [kg m^2]; with the V4's gains a time constant of 35 ms."""
FRICTION = 0.02
"""Viscous [N m s/rad]; the V4's gains make the rest of the damping."""
_STEP = 0.0005
_PATIENCE = 0.01
"""How long a hand that follows the wall clock waits for its torque [s]."""


class AllegroStandIn:
    """The other end of the cable; time passes only in `advance`."""

    def __init__(self, bus: CanBus, hand: HandType, serial: str | None = None, *, answers_info: bool = True) -> None:
        self._can = require("can", "hand")
        self._bus = bus
        self._hand = hand
        self.serial = serial if serial is not None else f"5T{hand.serial_letter or 'A'}R0001"
        self.answers_info = answers_info
        self.time = 0.0
        """[s]"""
        self.position: Array = np.clip(np.zeros(16), hand.limits.lower, hand.limits.upper)
        self.velocity: Array = np.zeros(16)
        self.counts: Array = np.zeros(16)
        """The torque it holds on to; survives silence, not a servo-off."""
        self.servo_on = False
        self.torque_frames = 0
        self.drop: set[int] = set()
        """Fingers whose next position frame is lost."""
        self.silent = False
        """Reports nothing and answers nothing, but keeps pushing."""
        self.off_bus = False
        self._period = 0.0
        self._next_report = 0.0

    def advance(self, duration: float) -> None:
        """Let `duration` [s] pass: hear commands, move, report."""
        end = self.time + duration
        while self.time < end - 1e-9:
            self._hear()
            self._move(_STEP)
            self.time += _STEP
            if self._reports() and self.time >= self._next_report - 1e-9:
                self._next_report = self.time + self._period
                self._report_positions()

    def take_bus_off(self) -> None:
        """Let the host's controller leave the bus: an error frame, then nothing passes either way."""
        self.off_bus = True
        self._error_frame(ErrorFrame.BUS_OFF)

    def bring_bus_back(self) -> None:
        """Let the controller restart, as `restart-ms` does."""
        self.off_bus = False
        self._error_frame(ErrorFrame.RESTARTED)

    def report_fault(self, motor: int, fault: MotorFault) -> None:
        """Send a V5 error message."""
        self._send(Message.ERROR, bytes([motor, fault]))

    def run(self, stop: threading.Event) -> None:
        """Follow the wall clock until `stop` is set; for dry runs, in a thread of its own.

        Between a report and the torque that answers it no time passes: on a busy machine the hand is slow, not shaky.
        """
        before, heard, waits = time.monotonic(), 0, 0.0
        while not stop.wait(0.001):
            self._hear()
            now = time.monotonic()
            if not self.servo_on or self.torque_frames >= heard + FINGER_COUNT or now > waits:
                due = self._next_report
                self.advance(min(now - before, 4 * _STEP))
                if self._next_report != due:
                    heard, waits = self.torque_frames, now + _PATIENCE
            before = now

    def _reports(self) -> bool:
        on = self.servo_on or not self._hand.silent_when_off
        return on and self._period > 0 and not self.silent and not self.off_bus

    def _hear(self) -> None:
        while (frame := self._bus.recv(0)) is not None:
            if self.off_bus or frame.is_error_frame or frame.is_extended_id:
                continue
            if frame.is_remote_frame:
                self._answer(frame.arbitration_id >> 2)
            else:
                self._obey(frame.arbitration_id >> 2, bytes(frame.data))

    def _obey(self, message: int, payload: bytes) -> None:
        finger = finger_of(message, Message.TORQUE)
        if message in (Message.SERVO_ON, Message.SERVO_OFF):
            self.servo_on = message == Message.SERVO_ON
        elif message == Message.PERIOD:
            self._period = int.from_bytes(payload[:2], "little") / 1000
            self._next_report = self.time + self._period
        elif finger is not None and (counts := unpack_counts(payload)) is not None:
            self.counts[4 * finger : 4 * finger + 4] = counts
            self.torque_frames += 1

    def _answer(self, message: int) -> None:
        if self.silent:
            return
        if message == Message.SERIAL:
            self._send(Message.SERIAL, self.serial.encode()[:8].ljust(8, b"\0"))
        elif message == Message.INFO and self.answers_info:
            self._send(Message.INFO, bytes([4, 0, 1, 0, 0, 30, int(self.servo_on)]))

    def _move(self, dt: float) -> None:
        torque = self.counts / self._hand.counts_per_nm if self.servo_on else np.zeros(16)
        self.velocity = (self.velocity + dt / INERTIA * torque) / (1 + dt * FRICTION / INERTIA)
        free = self.position + dt * self.velocity
        self.position = np.clip(free, self._hand.limits.lower, self._hand.limits.upper)
        self.velocity = np.where(self.position == free, self.velocity, 0.0)

    def _report_positions(self) -> None:
        raw = np.rint(self.position / self._hand.radians_per_count).astype(int)
        for finger in range(FINGER_COUNT):
            if finger in self.drop:
                self.drop.discard(finger)
            else:
                self._send(Message.POSITION + finger, pack_counts(raw[4 * finger : 4 * finger + 4].tolist()))

    def _send(self, message: int, payload: bytes) -> None:
        if not self.off_bus:
            frame = self._can.Message(self.time, wire_id(message), is_extended_id=False, data=payload)
            self._bus.send(frame)

    def _error_frame(self, kind: ErrorFrame) -> None:
        self._bus.send(self._can.Message(arbitration_id=kind, is_error_frame=True, is_extended_id=False))
