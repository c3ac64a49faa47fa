"""The Allegro Hand's CAN messages, without any input or output (FACTS 2.3).

1 Mbit/s, 11-bit identifiers. On the wire a message's identifier is shifted left by two; the low two bits number the
device. Little endian, one frame per finger in the order index, middle, ring, thumb, four int16 in each.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Protocol

FINGER_COUNT = 4
BITRATE = 1_000_000


class Message(IntEnum):
    """Identifiers before the shift; those of a finger are the first of four."""

    SERVO_ON = 0x40
    SERVO_OFF = 0x41
    TORQUE = 0x60
    PERIOD = 0x81
    POSITION = 0x20
    INFO = 0x80
    SERIAL = 0x88
    ERROR = 0xEE


class ErrorFrame(IntFlag):
    """Classes of error frames (linux/can/error.h) that matter here; they share numbers with ordinary wire ids."""

    NO_ACKNOWLEDGE = 0x20
    BUS_OFF = 0x40
    RESTARTED = 0x100


class MotorFault(IntFlag):
    """Bits of a V5 error message (FACTS 2.3)."""

    VOLTAGE = 1 << 0
    OVERHEATED = 1 << 2
    SHOCK = 1 << 4
    OVERLOAD = 1 << 5


class CanFrame(Protocol):
    """What this module needs of a `can.Message`."""

    arbitration_id: int
    data: bytearray
    is_error_frame: bool
    is_remote_frame: bool
    is_extended_id: bool


@dataclass(frozen=True)
class HandInfo:
    """The answer to INFO."""

    hardware: int
    firmware: int
    left: bool
    """V4 only: the V5 tells its side in the serial number."""
    servo_on: bool
    """V4 only."""


def wire_id(message: int, device: int = 0) -> int:
    """Identifier on the wire."""
    return message << 2 | device


def unpack(frame: CanFrame) -> tuple[int, bytes] | None:
    """Message identifier and payload of an ordinary frame, whatever its device; None for any other frame.

    Error, remote and extended frames are no messages, though their numbers can equal one.
    """
    if frame.is_error_frame or frame.is_remote_frame or frame.is_extended_id:
        return None
    return frame.arbitration_id >> 2, bytes(frame.data)


def finger_of(message: int, first: Message) -> int | None:
    """0 to 3 if `message` is one of the four that begin with `first`."""
    finger = message - first
    return finger if 0 <= finger < FINGER_COUNT else None


def pack_counts(counts: Sequence[int]) -> bytes:
    """Four int16, as in torque and position frames."""
    return struct.pack("<4h", *counts)


def unpack_counts(payload: bytes) -> tuple[int, ...] | None:
    """Four int16; None for a payload of another length."""
    return struct.unpack("<4h", payload) if len(payload) == 8 else None


def pack_period(position_ms: int, imu_ms: int = 0, temperature_ms: int = 0) -> bytes:
    """Payload of PERIOD; 0 turns a report off."""
    return struct.pack("<3H", position_ms, imu_ms, temperature_ms)


def unpack_info(payload: bytes) -> HandInfo | None:
    """The answer to INFO; V5 firmware may send the two versions only. None for a shorter payload."""
    if len(payload) < 4:
        return None
    hardware, firmware = struct.unpack_from("<2H", payload)
    tail = payload[4:7].ljust(3, b"\0")
    return HandInfo(hardware, firmware, left=tail[0] != 0, servo_on=bool(tail[2] & 1))


def unpack_serial(payload: bytes) -> str:
    """Serial number without padding; bytes that are no ASCII become question marks."""
    return payload.rstrip(b"\0 ").decode("ascii", errors="replace").replace("\ufffd", "?")


def unpack_fault(payload: bytes) -> tuple[int, MotorFault] | None:
    """Motor number and faults of a V5 error message; None for a shorter payload."""
    return (payload[0], MotorFault(payload[1])) if len(payload) >= 2 else None
