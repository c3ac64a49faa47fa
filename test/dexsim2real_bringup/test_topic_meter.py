"""Rates and ages from message bytes."""

import struct

import pytest

from dexsim2real_bringup.topic_meter import WINDOW, TopicMeter, header_stamp


def message(seconds, nanoseconds):
    return b"\x00\x01\x00\x00" + struct.pack("<iI", seconds, nanoseconds) + b"rest"


def test_the_stamp_is_read_from_the_bytes():
    assert header_stamp(message(3, 7)) == 3_000_000_007


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x00\x00\x01\x00", message(0, 0)])
def test_bytes_without_a_stamp_have_none(data):
    assert header_stamp(data) is None


def test_the_rate_is_that_of_the_last_window():
    meter = TopicMeter()
    for k in range(11):
        meter.see(0.1 * k, None)
    assert meter.rate(1.0) == pytest.approx(10.0)  # ten intervals in one second
    assert meter.count == 11


def test_a_topic_that_has_fallen_silent_has_rate_zero():
    meter = TopicMeter()
    meter.see(0.0, None)
    meter.see(0.1, None)
    assert meter.rate(0.1 + WINDOW + 0.1) == 0.0


def test_ages_are_quantiles_in_milliseconds():
    meter = TopicMeter()
    assert meter.age_ms(0.5) is None
    for age in (0.001, 0.002, 0.003):
        meter.see(0.0, age)
    assert meter.age_ms(0.5) == pytest.approx(2.0)
