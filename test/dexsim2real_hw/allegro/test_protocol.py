"""Identifiers, payloads and scales, against numbers worked out by hand."""

import can
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description import UnknownNameError
from dexsim2real_hw.allegro import protocol
from dexsim2real_hw.allegro.hands import hand_type
from dexsim2real_hw.allegro.protocol import ErrorFrame, Message, MotorFault, wire_id
from dexsim2real_hw.errors import HardwareError


@pytest.mark.parametrize(
    ("message", "wire"),
    [  # FACTS 2.3, second column
        (Message.SERVO_ON, 0x100),
        (Message.SERVO_OFF, 0x104),
        (Message.TORQUE, 0x180),
        (Message.TORQUE + 3, 0x18C),
        (Message.PERIOD, 0x204),
        (Message.POSITION, 0x80),
        (Message.INFO, 0x200),
        (Message.SERIAL, 0x220),
        (Message.ERROR, 0x3B8),
    ],
)
def test_wire_identifiers(message, wire):
    assert wire_id(message) == wire
    assert protocol.unpack(can.Message(arbitration_id=wire, data=b"x", is_extended_id=False)) == (message, b"x")


def test_the_device_number_does_not_hide_a_message():
    frame = can.Message(arbitration_id=wire_id(Message.SERIAL, device=3), is_extended_id=False)
    assert protocol.unpack(frame) == (Message.SERIAL, b"")


@pytest.mark.parametrize(
    "flags",
    [{"is_error_frame": True}, {"is_remote_frame": True}, {"is_extended_id": True}],
    ids=lambda f: next(iter(f)),
)
def test_other_frames_with_the_same_number_are_no_messages(flags):
    # Error class 0x80 (bus error) has the number of the index finger's positions.
    frame = can.Message(**{"arbitration_id": 0x80, "is_extended_id": False, **flags})
    assert protocol.unpack(frame) is None


def test_error_frames_have_linux_numbers():
    assert (ErrorFrame.BUS_OFF, ErrorFrame.RESTARTED, ErrorFrame.NO_ACKNOWLEDGE) == (0x40, 0x100, 0x20)


@given(st.lists(st.integers(-32768, 32767), min_size=4, max_size=4))
def test_counts_survive_the_wire(counts):
    assert list(protocol.unpack_counts(protocol.pack_counts(counts))) == counts


def test_payloads_are_little_endian():
    assert protocol.pack_counts([1, -2, 256, 0]) == bytes([1, 0, 0xFE, 0xFF, 0, 1, 0, 0])
    assert protocol.pack_period(3) == bytes([3, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("length", [0, 1, 3, 7])
def test_short_payloads_are_refused_not_misread(length):
    payload = bytes(length)
    assert protocol.unpack_counts(payload) is None
    assert (protocol.unpack_info(payload) is None) == (length < 4)
    assert (protocol.unpack_fault(payload) is None) == (length < 2)


def test_info_and_serial():
    info = protocol.unpack_info(bytes([0x04, 0x00, 0x02, 0x01, 1, 30, 0b1]))
    assert (info.hardware, info.firmware, info.left, info.servo_on) == (4, 0x102, True, True)
    assert protocol.unpack_info(bytes([5, 0, 1, 0])).servo_on is False  # V5: versions only
    assert protocol.unpack_serial(b"5TBR0017") == "5TBR0017"
    assert protocol.unpack_serial(b"ab\xff\0\0\0\0\0") == "ab?"


def test_motor_faults():
    assert protocol.unpack_fault(bytes([5, 0b100100])) == (5, MotorFault.OVERHEATED | MotorFault.OVERLOAD)


def test_v4_scales():
    hand = hand_type("v4")
    assert 16384 * hand.radians_per_count == pytest.approx(np.deg2rad(333.3 / 4))
    assert hand.counts_per_nm.tolist() == [1200.0] * 16
    makers = np.array([375, 675, 450, 285] * 3 + [525, 405, 270, 270])
    assert (hand.limit <= makers).all()
    assert (hand.limit <= 1200 * hand.limits.effort).all()
    assert (hand.limit > makers - 1).all()


def test_v4_limits_scale_with_the_supply():
    # FACTS 2.4: the limits are the same fraction of full PWM; at 8 V 250 of 800 for a finger's roll.
    assert hand_type("v4", 8).limit[:4] == pytest.approx([250, 450, 300, 190], abs=0.5)
    assert hand_type("v4", 24).counts_per_nm[0] == 500


def test_v5_scales():
    four, plus = hand_type("v5a"), hand_type("v5b")
    assert 1000 * four.radians_per_count == pytest.approx(np.deg2rad(88))
    assert 0.1 * four.counts_per_nm[0] == pytest.approx(143)  # mA for 0.1 N m
    geared = [1, 5, 9]
    assert (plus.counts_per_nm[geared] == 715).all()
    assert (plus.limit[geared] == 75).all()
    assert (np.delete(plus.counts_per_nm, geared) == 1430).all()
    assert (four.limit == 150).all()


def test_type_b_stops_are_inside_those_of_the_description():
    four, plus = hand_type("v5a").limits, hand_type("v5b").limits
    assert plus.lower[0] == -0.3
    assert plus.upper[13] == 1.65
    assert (plus.lower >= four.lower).all()
    assert (plus.upper <= four.upper).all()


def test_unknown_hands_and_voltages_are_refused():
    with pytest.raises(UnknownNameError, match="v5a"):
        hand_type("v5")
    with pytest.raises(HardwareError, match="8, 12 or 24"):
        hand_type("v4", 48)
