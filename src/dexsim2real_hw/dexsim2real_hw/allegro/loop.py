"""The control loop of a hand: a step whenever all four fingers have reported, and safe whenever they have not."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from dexsim2real_description.optional import require
from dexsim2real_description.scheduling import DEVICE, become_urgent
from dexsim2real_hw.allegro.bus import HandBus, Received
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.allegro.hands import HandType
from dexsim2real_hw.allegro.protocol import (
    FINGER_COUNT,
    Message,
    MotorFault,
    finger_of,
    unpack_counts,
    unpack_fault,
)
from dexsim2real_hw.allegro.servo import JointServo
from dexsim2real_hw.allegro.session import Identity, identify, send_counts, switch_off, switch_on
from dexsim2real_hw.allegro.standin import AllegroStandIn
from dexsim2real_hw.driver import Array, Mode, State
from dexsim2real_hw.errors import HardwareError, UnsafeError
from dexsim2real_hw.link import DeviceEnd

QUIET = 0.03
"""Without a full set of positions for this long the torque is set to zero: a V5 would keep the last one [s]."""
ENGAGE = 0.5
"""A command farther from the servo's goal than this does not start a motion: whoever sends it lost track [rad]."""
LOST = 0.5
"""Without one for this long the loop gives up [s]; what it misses while it is kept from running counts as _WAIT."""
_WAIT = 0.005
_REPORT_PERIOD = 0.1


class HandLoop:
    """Drives one hand over `bus` for whoever is at the other side of `end`."""

    def __init__(self, bus: HandBus, hand: HandType, end: DeviceEnd, config: AllegroConfig) -> None:
        self._bus = bus
        self._hand = hand
        self._end = end
        self._config = config
        self._servo = JointServo(hand, config.stiffness, config.effort_scale)
        self._position: Array = np.zeros(16)
        self._seen: set[int] = set()
        self._target: Array | None = None
        self._mode = Mode.HOLDING
        self._message = ""
        self._counters: Counter[str] = Counter()
        self._last_step = self._last_command = self._last_report = self._last_look = self._round_start = 0.0
        self._unheard = 0.0
        self._quiet = False

    def start(self) -> Identity:
        """Identify the hand and switch it on. Raises HardwareError."""
        identity = identify(self._bus, self._hand)
        self._switch_on(f"holding; serial {identity.serial or 'not told'}")
        return identity

    def turn(self) -> None:
        """Handle one frame, or the lack of one. Raises HardwareError when the hand is lost."""
        self._end.poll()
        if self._end.recover:
            self._end.recover = False
            if self._mode is Mode.OFF:
                self._switch_on("holding again")
        received = self._bus.receive(_WAIT)
        if received is not None:
            self._take(received)
        if self._mode is not Mode.OFF:
            self._watch_positions()
        now = self._bus.clock()
        if now - self._last_report >= _REPORT_PERIOD:
            self._last_report = now
            self._end.report(self._message, self._counters)

    def _switch_on(self, message: str) -> None:
        switch_on(self._bus, self._hand)
        self._last_step = self._last_look = self._bus.clock()
        self._unheard = 0.0
        self._seen.clear()
        self._target, self._quiet = None, True  # the first full set starts the servo where the hand is
        self._mode, self._message = Mode.HOLDING, message

    def _take(self, received: Received) -> None:
        finger = finger_of(received.message, Message.POSITION)
        if finger is not None:
            self._take_position(finger, received.payload, received.stamp)
        elif received.message == Message.ERROR and (fault := unpack_fault(received.payload)) is not None:
            self._take_fault(*fault)

    def _take_position(self, finger: int, payload: bytes, stamp: float) -> None:
        counts = unpack_counts(payload)
        if counts is None:
            self._counters["bad frames"] += 1
            return
        if self._seen and (finger in self._seen or stamp - self._round_start > 0.6 * self._hand.period_ms / 1000):
            self._counters["incomplete rounds"] += 1  # a frame of the last round never came
            self._seen.clear()
        if not self._seen:
            self._round_start = stamp
        self._position[4 * finger : 4 * finger + 4] = np.array(counts) * self._hand.radians_per_count
        self._seen.add(finger)
        if len(self._seen) == FINGER_COUNT:
            self._seen.clear()
            self._step()

    def _take_fault(self, motor: int, fault: MotorFault) -> None:
        self._counters["motor faults"] += 1
        names = ", ".join(kind.name.lower() for kind in MotorFault if kind in fault and kind.name)
        self._message = f"motor {motor} reports {names or f'code {fault:#x}'}"

    def _step(self) -> None:
        now = self._bus.clock()
        if self._mode is Mode.OFF:  # a V4 reports on
            self._publish(np.zeros(16, np.int16))
            return
        dt, self._last_step, self._unheard = now - self._last_step, now, 0.0
        if self._quiet:  # start, or start again, from where the fingers are
            self._quiet, dt = False, self._hand.period_ms / 1000
            self._servo.reset(self._position.copy())
        self._follow_commands(now)
        target = self._servo.goal if self._target is None else self._target
        counts = self._servo.step(self._position.copy(), target, dt)
        send_counts(self._bus, counts.tolist())
        self._counters["steps"] += 1
        self._publish(counts)
        if self._mode is Mode.HOLDING and self._last_command and now - self._last_command > self._config.hold_s:
            self._let_go()

    def _let_go(self) -> None:
        switch_off(self._bus, self._hand)
        self._mode, self._message = Mode.OFF, f"off: no command for {self._config.hold_s:.0f} s; recover to go on"
        self._last_command = 0.0
        self._publish(np.zeros(16, np.int16))

    def _follow_commands(self, now: float) -> None:
        """Take a fresh target; a stale one makes the hand hold what it holds, grip included."""
        command = self._end.target
        if command is None or now - command.stamp > self._config.stale_s:
            if self._mode is Mode.TRACKING:
                self._counters["stale commands"] += 1
                self._hold(f"holding: no command for {self._config.stale_s * 1000:.0f} ms")
            return
        if self._mode is not Mode.TRACKING:
            far = float(np.abs(command.position - self._servo.goal).max())
            if far > ENGAGE:
                self._hold(f"holding: the command is {far:.2f} rad away; it must start at the hand's pose")
                return
            self._mode, self._message = Mode.TRACKING, "following commands"
        self._target, self._last_command = command.position, command.stamp

    def _hold(self, message: str) -> None:
        self._mode, self._message, self._target = Mode.HOLDING, message, None

    def _watch_positions(self) -> None:
        now = self._bus.clock()
        self._unheard += min(now - self._last_look, _WAIT)
        self._last_look = now
        if now - self._last_step > QUIET and not self._quiet:
            self._quiet = True
            self._hold("holding: the hand was silent")
            self._counters["silences"] += 1
            send_counts(self._bus, [0] * 16)
        if self._unheard > LOST:
            raise HardwareError(f"no joint positions from the hand for {self._unheard:.1f} s: check power and cable")

    def _publish(self, counts: Any) -> None:
        self._end.publish(
            State(
                time.monotonic_ns(),
                self._position,
                self._servo.velocity,
                self._servo.torque(counts),
                self._servo.goal,
                self._mode,
            )
        )


def run(end: DeviceEnd, settings: Mapping[str, Any]) -> None:
    """Drive the hand until `end` says stop; the motors are off when this returns or raises HardwareError.

    Raises UnsafeError if they may not be.
    """
    config = AllegroConfig(**settings)
    hand = config.hand_type()
    require("can", "hand")
    if config.interface != "standin":
        become_urgent(DEVICE)
    with opened(config, hand) as bus:
        reason: HardwareError | None = None
        try:
            loop = HandLoop(bus, hand, end, config)
            loop.start()
            while not end.stop:
                loop.turn()
        except HardwareError as error:
            reason = error
        finally:  # whatever happened
            try:
                outcome = switch_off(bus, hand)
            except UnsafeError as error:
                raise UnsafeError(f"{error}; before: {reason}" if reason else str(error)) from reason
        if reason is not None:
            raise HardwareError(f"{reason} ({outcome})") from reason


@contextmanager
def opened(config: AllegroConfig, hand: HandType) -> Iterator[HandBus]:
    """The bus of the configuration, or of a stand-in that follows the wall clock."""
    if config.interface != "standin":
        bus = HandBus.open(config.interface, config.channel)
        try:
            yield bus
        finally:
            bus.close()
        return
    can = require("can", "hand")
    ours, theirs = (can.Bus(interface="virtual", channel="standin", preserve_timestamps=True) for _ in range(2))
    stop = threading.Event()
    thread = threading.Thread(target=AllegroStandIn(theirs, hand).run, args=(stop,))
    thread.start()
    try:
        yield HandBus(ours, "standin")
    finally:
        stop.set()
        thread.join()
        ours.shutdown()
        theirs.shutdown()
