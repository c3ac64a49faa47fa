"""Switching a hand on and off: the maker's start sequence, and an end that is checked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from dexsim2real_hw.allegro.bus import HandBus
from dexsim2real_hw.allegro.hands import HandType
from dexsim2real_hw.allegro.protocol import (
    FINGER_COUNT,
    HandInfo,
    Message,
    finger_of,
    pack_counts,
    pack_period,
    unpack_info,
    unpack_serial,
)
from dexsim2real_hw.errors import HardwareError, UnsafeError

log = logging.getLogger(__name__)

ANSWER_TIME = 0.3
"""A hand answers a request within a few ms; some V5 firmware never answers INFO [s]."""
OFF_TIME = 1.0
"""How long `switch_off` keeps trying: ten times the restart time of a bus-off controller [s]."""
_SILENCE = 0.03
"""Ten report periods without a position: a V5 is off [s]."""


@dataclass(frozen=True)
class Identity:
    """What a hand said about itself."""

    serial: str
    """Empty if it did not answer."""
    info: HandInfo | None


def identify(bus: HandBus, hand: HandType) -> Identity:
    """Ask for information and serial number, motors off, and make sure that this is the configured right hand.

    Raises HardwareError if nothing answers or another hand does.
    """
    bus.flush()
    bus.send(Message.SERVO_OFF)
    bus.send(Message.INFO, request=True)
    bus.send(Message.SERIAL, request=True)
    answers: dict[int, bytes] = {}

    def collect(message: int, payload: bytes) -> bool:
        if message in (Message.INFO, Message.SERIAL):
            answers[message] = payload
        return len(answers) == 2

    _await(bus, ANSWER_TIME, collect)
    identity = Identity(unpack_serial(answers.get(Message.SERIAL, b"")), unpack_info(answers.get(Message.INFO, b"")))
    _check(identity, hand)
    return identity


def _check(identity: Identity, hand: HandType) -> None:
    serial, info = identity.serial, identity.info
    if not serial and info is None:
        raise HardwareError(
            "no answer from the hand: is it powered (V4 12 V, V5 24 V), is the CAN cable terminated, does another "
            "program use the bus?"
        )
    if not hand.serial_letter:
        left = info is not None and info.left
    elif len(serial) < 4:
        raise HardwareError(f"the hand's serial number is {serial!r}; that of a V5 has eight characters")
    elif serial[2] != hand.serial_letter:
        raise HardwareError(
            f"the hand's serial number {serial} says type {serial[2]}, the configuration says {hand.name} "
            f"(type {hand.serial_letter}); a Plus is v5b, or plus:=true for the hardware node, the other one v5a"
        )
    else:
        left = serial[3] == "L"
    if left:
        raise HardwareError("this is a left hand; the cell is described with a right one, a left one would mirror it")


def switch_on(bus: HandBus, hand: HandType) -> None:
    """Start the position reports, then the servos, with no torque."""
    bus.send(Message.PERIOD, pack_period(hand.period_ms))
    send_counts(bus, [0] * 16)
    bus.send(Message.SERVO_ON)


def send_counts(bus: HandBus, counts: list[int]) -> None:
    """Send sixteen torque counts, one frame per finger."""
    for finger in range(FINGER_COUNT):
        bus.send(Message.TORQUE + finger, pack_counts(counts[4 * finger : 4 * finger + 4]))


def switch_off(bus: HandBus, hand: HandType) -> str:
    """Zero torque and servos off, tried for a second; returns how it is known.

    Raises UnsafeError if the frames could not be sent or the hand still behaves as if it were on.
    """
    deadline = bus.clock() + OFF_TIME
    reason = ""
    while bus.clock() < deadline:
        try:
            send_counts(bus, [0] * 16)
            bus.send(Message.SERVO_OFF)
            seen = _still_on(bus, hand)
        except HardwareError as error:
            reason = str(error)
            _pause(bus)
            continue
        if seen is not True:
            return "servos off, confirmed" if seen is False else "servos off, sent; the hand does not confirm it"
        reason = "it still reports as if its servos were on"
    raise UnsafeError(f"the hand may still push with its last torque: CUT ITS POWER ({reason})")


def _still_on(bus: HandBus, hand: HandType) -> bool | None:
    """Whether the servos are on after a servo-off; None if this hand does not tell."""
    if hand.silent_when_off:
        _await(bus, _SILENCE / 3, lambda *_: False)  # reports that were under way
        return _await(bus, _SILENCE, lambda message, _: finger_of(message, Message.POSITION) is not None) is not None
    bus.send(Message.INFO, request=True)
    payload = _await(bus, _SILENCE, lambda message, payload: message == Message.INFO and len(payload) >= 7)
    info = unpack_info(payload) if payload else None
    return None if info is None else info.servo_on


def _await(bus: HandBus, duration: float, wanted: Callable[[int, bytes], bool]) -> bytes | None:
    """The payload of the first message that is `wanted`, or None after `duration` [s]."""
    deadline = bus.clock() + duration
    while (left := deadline - bus.clock()) > 0:
        received = bus.receive(left)
        if received is not None and wanted(received.message, received.payload):
            return received.payload
    return None


def _pause(bus: HandBus) -> None:
    """Wait for the controller to restart, without stopping at what it reports meanwhile."""
    try:
        _await(bus, OFF_TIME / 20, lambda *_: False)
    except HardwareError as error:
        log.debug("while waiting for the bus: %s", error)
