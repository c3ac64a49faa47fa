"""Opening a CAN bus, and what is said when it cannot be."""

import can
import pytest

from dexsim2real_hw.allegro.bus import HandBus, interface_problem
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.errors import HardwareError


def interface(root, name, kind="280", flags="0x40081"):
    folder = root / name
    folder.mkdir()
    (folder / "type").write_text(kind + "\n")
    (folder / "flags").write_text(flags + "\n")


def test_an_interface_that_is_up_is_no_problem(tmp_path):
    interface(tmp_path, "can0")
    assert interface_problem("can0", tmp_path) is None


def test_a_missing_interface_lists_those_that_are_there(tmp_path):
    interface(tmp_path, "can1")
    interface(tmp_path, "eth0", kind="1")
    problem = interface_problem("can0", tmp_path)
    assert "there are can1" in problem
    assert "eth0" not in problem


def test_a_machine_without_can_is_told_to_plug_something_in(tmp_path):
    assert "is the adapter plugged in" in interface_problem("can0", tmp_path)


def test_an_interface_that_is_down_comes_with_the_command(tmp_path):
    interface(tmp_path, "can0", flags="0x40080")
    assert "ip link set can0 up type can bitrate 1000000 restart-ms 100" in interface_problem("can0", tmp_path)


def test_another_kind_of_interface_is_refused(tmp_path):
    interface(tmp_path, "eth0", kind="1")
    assert "no CAN interface" in interface_problem("eth0", tmp_path)


def test_opening_reports_one_error():
    with pytest.raises(HardwareError, match="no CAN interface 'can77'"):
        HandBus.open("socketcan", "can77")
    with pytest.raises(HardwareError, match="cannot open CAN interface"):
        HandBus.open("no-such-interface", "can0")


def test_a_closed_bus_reports_what_to_do():
    raw = can.Bus(interface="virtual", channel="closed")
    bus = HandBus(raw, "can0")
    bus.close()
    with pytest.raises(HardwareError, match="refuses frames"):
        bus.send(0x40)
    with pytest.raises(HardwareError, match="refuses frames"):
        bus.receive(0.0)


def test_flush_forgets_what_came_before():
    ours, theirs = (can.Bus(interface="virtual", channel="flush") for _ in range(2))
    theirs.send(can.Message(arbitration_id=0x80, is_extended_id=False))
    theirs.send(can.Message(arbitration_id=0x40, is_error_frame=True))
    bus = HandBus(ours, "flush")
    bus.flush()
    assert bus.receive(0.0) is None
    for raw in (ours, theirs):
        raw.shutdown()


@pytest.mark.parametrize(
    "wrong", [{"stiffness": 1.5}, {"effort_scale": 0.0}, {"hold_s": -1.0}, {"stale_s": float("nan")}]
)
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(HardwareError):
        AllegroConfig(**wrong)
