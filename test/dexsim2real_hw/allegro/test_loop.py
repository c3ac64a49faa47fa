"""The hand's loop against the stand-in hand on python-can's virtual bus, in simulated time."""

import can
import numpy as np
import pytest

from dexsim2real_hw.allegro.bus import BusOffError, HandBus
from dexsim2real_hw.allegro.driver import release
from dexsim2real_hw.allegro.loop import LOST, QUIET
from dexsim2real_hw.allegro.protocol import Message, MotorFault, wire_id
from dexsim2real_hw.allegro.session import identify, switch_off, switch_on
from dexsim2real_hw.driver import Mode
from dexsim2real_hw.errors import HardwareError, UnsafeError

POSE = np.tile([0.1, 0.4, 0.45, 0.4], 4)


@pytest.mark.parametrize("hand", ["v4", "v5a", "v5b"])
def test_the_hand_goes_where_it_is_told(rig, hand):
    r = rig(hand)
    r.loop.start()
    r.turn(1.0, POSE)
    goal = np.clip(POSE, r.type.limits.lower, r.type.limits.upper)
    assert r.hand.position == pytest.approx(goal, abs=0.02)
    state = r.end.states[-1]
    assert state.mode is Mode.TRACKING
    assert state.position == pytest.approx(r.hand.position, abs=2 * r.type.radians_per_count)
    assert state.sent == pytest.approx(goal)
    assert len(r.end.states) == pytest.approx(333, abs=5)


def test_the_start_sequence_is_the_makers(rig):
    r = rig("v5b")
    listener = can.Bus(interface="virtual", channel=r.buses[0].channel_id)
    r.loop.start()
    frames = list(iter(lambda: listener.recv(0), None))
    listener.shutdown()
    wires = [(f.arbitration_id, f.is_remote_frame) for f in frames]
    ours = [w for w in wires if w not in {(0x200, False), (0x220, False)}]
    torque = [(0x180 + 4 * finger, False) for finger in range(4)]
    assert ours == [(0x104, False), (0x200, True), (0x220, True), (0x204, False), *torque, (0x100, False)]
    assert bytes(next(f for f in frames if f.arbitration_id == 0x204).data) == bytes([3, 0, 0, 0, 0, 0])


def test_without_a_command_it_holds_where_it_was_found(rig):
    r = rig("v4")
    r.hand.position = np.clip(POSE, r.type.limits.lower, r.type.limits.upper)
    start = r.hand.position.copy()
    r.loop.start()
    r.turn(0.3)
    assert r.hand.position == pytest.approx(start, abs=1e-3)
    assert {state.mode for state in r.end.states} == {Mode.HOLDING}


def test_torque_frames_only_after_all_four_fingers_have_reported(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    before, steps = r.hand.torque_frames, len(r.end.states)
    r.hand.drop = {2}
    r.turn(0.0045)  # one round with a frame missing, and one whole
    assert len(r.end.states) - steps <= 1
    r.turn(0.1)
    assert r.hand.torque_frames - before == 4 * (len(r.end.states) - steps)
    r.turn(0.2)
    assert r.end.counters["incomplete rounds"] == 1


@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_a_lost_frame_does_not_mix_rounds_afterwards(rig, lost):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    r.hand.drop = {lost}
    r.turn(0.02)
    while not r.buses[0].queue.empty():
        r.loop.turn()
    assert not r.loop._seen  # the rounds after it were whole


def test_a_host_that_reads_slowly_reads_whole_rounds(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    steps = len(r.end.states)
    for _ in range(20):
        r.hand.advance(0.003)
        for _ in range(4):  # what came together is read long afterwards, frame by frame
            r.loop._take(r.bus.receive(0.0))
            r.hand.time += 0.002
    assert len(r.end.states) - steps == 20
    assert not r.loop._counters["incomplete rounds"]


def test_a_host_that_was_kept_from_running_does_not_take_its_own_absence_for_the_hands(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    steps = len(r.end.states)
    r.hand.time += 1.0
    r.turn(0.2)
    assert len(r.end.states) > steps + 40
    r.hand.silent = True
    with pytest.raises(HardwareError, match="no joint positions from the hand for 0.5 s"):
        r.turn(1.0)


def test_effort_is_what_was_sent_after_the_clamp(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.06, np.minimum(r.type.limits.upper, 0.45))
    efforts = np.array([state.effort for state in r.end.states])
    largest = np.abs(efforts * 1200).max(axis=0)
    assert (largest <= r.type.limit + 1e-9).all()
    assert largest[3] == pytest.approx(284)  # the far joint of the index finger was at its limit
    assert r.hand.counts.tolist() == (r.end.states[-1].effort * 1200).round().tolist()


def test_a_goal_moves_no_faster_than_the_joints_may(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    r.turn(0.3, np.minimum(r.type.limits.upper, 0.45))
    goals = np.array([state.sent for state in r.end.states])
    assert np.abs(np.diff(goals, axis=0)).max() <= 7.0 * 0.0036  # 7 rad/s, a round of 3 ms and a little waiting


def test_a_stale_command_makes_it_hold_then_let_go(rig):
    r = rig("v5a", hold_s=0.5)
    r.loop.start()
    r.turn(0.4, POSE)
    r.turn(0.2)
    assert r.end.states[-1].mode is Mode.HOLDING
    assert "no command for 100 ms" in r.end.message
    assert r.hand.servo_on
    r.turn(0.5)
    assert r.end.states[-1].mode is Mode.OFF
    assert not r.hand.servo_on
    assert not r.hand.counts.any()
    r.turn(1.0)  # a V5 that is off is silent, which is no fault
    assert "recover" in r.end.message


def test_recover_switches_on_again_and_holds(rig):
    r = rig("v5a", hold_s=0.2)
    r.loop.start()
    r.turn(0.4, POSE)
    r.turn(0.5)
    assert not r.hand.servo_on
    r.end.recover = True
    r.turn(0.3)
    assert r.hand.servo_on
    assert r.end.states[-1].mode is Mode.HOLDING
    assert r.hand.position == pytest.approx(r.end.states[-1].sent, abs=0.01)


def test_a_command_far_from_the_hand_starts_nothing(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    start = r.hand.position.copy()
    r.turn(0.2, start + 0.9)
    assert r.end.states[-1].mode is Mode.HOLDING
    assert "0.90 rad away" in r.end.message
    assert r.hand.position == pytest.approx(start, abs=0.01)


def test_silence_zeroes_the_torque_that_the_hand_would_keep(rig):
    r = rig("v5a")
    r.loop.start()
    r.turn(0.04, POSE)
    assert r.hand.counts.any()
    r.hand.silent = True
    r.turn(QUIET + 0.01, POSE)
    assert not r.hand.counts.any()
    r.hand.silent = False
    states = len(r.end.states)
    r.turn(0.004)
    assert r.end.states[states].sent == pytest.approx(r.end.states[states].position, abs=0.03)  # from where they are
    r.turn(0.5, POSE)
    assert r.hand.position == pytest.approx(POSE, abs=0.02)
    assert r.end.counters["silences"] == 1


def test_longer_silence_ends_the_loop(rig):
    r = rig("v5a")
    r.loop.start()
    r.turn(0.1)
    r.hand.silent = True
    with pytest.raises(HardwareError, match="no joint positions"):
        r.turn(LOST + 0.1)


@pytest.mark.parametrize(("refuses", "error"), [(False, BusOffError), (True, HardwareError)])
def test_bus_off_is_an_error_that_says_what_to_do(rig, refuses, error):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    r.interface.refuses = refuses
    r.hand.take_bus_off()
    with pytest.raises(error, match="restart-ms 100"):
        r.turn(0.1)


def test_error_frames_with_the_number_of_a_position_are_not_taken_for_one(rig):
    r = rig("v4")
    r.loop.start()
    r.turn(0.05)
    before = r.end.states[-1].position.copy()
    for number in (0x80, 0x84):
        r.buses[1].send(can.Message(arbitration_id=number, is_error_frame=True, data=bytes([0xFF] * 8)))
        r.buses[1].send(can.Message(arbitration_id=number, is_extended_id=True, data=bytes([0x7F] * 8)))
        r.buses[1].send(can.Message(arbitration_id=number, is_extended_id=False, is_remote_frame=True))
    r.turn(0.05)
    assert r.end.states[-1].position == pytest.approx(before, abs=1e-3)


def test_a_truncated_position_frame_is_counted_not_used(rig):
    r = rig("v4")
    r.loop.start()
    r.buses[1].send(can.Message(arbitration_id=0x80, data=b"\x01\x02", is_extended_id=False))
    r.turn(0.2)
    assert r.end.counters["bad frames"] == 1


def test_motor_faults_are_reported(rig):
    r = rig("v5b")
    r.loop.start()
    r.hand.report_fault(5, MotorFault.OVERLOAD)
    r.turn(0.2)
    assert "motor 5 reports overload" in r.end.message


@pytest.mark.parametrize(
    ("hand", "serial", "answers_info", "message"),
    [
        ("v5b", "5TAR0001", True, "says type A"),
        ("v5b", "5TBL0001", True, "left hand"),
        ("v5a", "", True, "serial number"),
        ("v4", "", False, None),
    ],
)
def test_another_hand_is_refused_before_it_is_switched_on(rig, hand, serial, answers_info, message):
    r = rig(hand, serial, answers_info)
    r.hand.silent = message is None
    with pytest.raises(HardwareError, match=message or "no answer from the hand"):
        r.loop.start()
    assert not r.hand.servo_on


def test_a_v5_that_does_not_answer_info_is_accepted(rig):
    r = rig("v5b", answers_info=False)
    identity = identify(r.bus, r.type)
    assert identity.serial == "5TBR0001"
    assert identity.info is None


@pytest.mark.parametrize(
    ("hand", "answers", "outcome"),
    [("v4", True, "confirmed"), ("v4", False, "does not confirm"), ("v5a", False, "confirmed")],
)
def test_switching_off_is_checked(rig, hand, answers, outcome):
    r = rig(hand, answers_info=answers)
    switch_on(r.bus, r.type)
    r.hand.advance(0.01)
    assert outcome in switch_off(r.bus, r.type)
    r.hand.advance(0.01)
    assert not r.hand.servo_on


def test_switching_off_waits_for_a_bus_that_restarts(rig):
    r = rig("v5a")
    switch_on(r.bus, r.type)
    r.hand.advance(0.01)
    r.hand.take_bus_off()
    advance = r.hand.advance

    def restart_after_100_ms(duration):
        advance(duration)
        if r.hand.off_bus and r.hand.time > 0.11:
            r.hand.bring_bus_back()

    r.hand.advance = restart_after_100_ms
    assert "confirmed" in switch_off(r.bus, r.type)
    assert not r.hand.servo_on


def test_a_hand_that_cannot_be_switched_off_is_unsafe(rig):
    r = rig("v5a")
    switch_on(r.bus, r.type)
    r.hand.advance(0.01)
    r.hand.take_bus_off()
    with pytest.raises(UnsafeError, match="CUT ITS POWER"):
        switch_off(r.bus, r.type)


def test_a_v5_that_keeps_reporting_is_not_believed_to_be_off(rig):
    r = rig("v5a")
    switch_on(r.bus, r.type)
    obey = r.hand._obey
    r.hand._obey = lambda message, payload: None if message == Message.SERVO_OFF else obey(message, payload)
    with pytest.raises(UnsafeError, match="as if its servos were on"):
        switch_off(r.bus, r.type)


def test_wire_numbers_of_the_stand_in_are_those_of_the_protocol(rig):
    r = rig("v5a")
    r.buses[0].send(can.Message(arbitration_id=wire_id(Message.SERIAL), is_remote_frame=True, is_extended_id=False))
    r.hand.advance(0.001)
    reply = r.buses[0].recv(0)
    assert (reply.arbitration_id, bytes(reply.data)) == (0x220, b"5TAR0001")


def test_release_switches_off_a_hand_that_was_left_pushing(rig, monkeypatch):
    r = rig("v5a")
    switch_on(r.bus, r.type)
    r.hand.advance(0.01)
    r.hand.counts[:] = 40
    monkeypatch.setattr(HandBus, "open", lambda interface, channel: r.bus)
    release(r.config)
    assert not r.hand.servo_on
    assert not r.hand.counts.any()
