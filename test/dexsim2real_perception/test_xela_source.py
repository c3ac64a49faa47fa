"""The touch source against the stand-in, over real sockets."""

import logging
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

pytest.importorskip("websockets", reason="needs the extra 'touch'")

from dexsim2real_description import DexSim2RealError, touch_layout
from dexsim2real_perception.errors import SourceError
from dexsim2real_perception.source import Backoff, SourceLoop
from dexsim2real_perception.xela_decoder import DecoderConfig
from dexsim2real_perception.xela_source import XelaConfig, XelaTouchSource
from dexsim2real_perception.xela_stand_in import StandInConfig, XelaStandIn
from dexsim2real_perception.xela_zero import BaselineConfig

PATIENCE = 20.0
"""Seconds until a test gives up; what it waits for takes far less."""
# A busy machine may hold a message for longer than a robot should accept.
DECODER = DecoderConfig(baseline=BaselineConfig(duration_s=0.05, min_readings=3), max_age_s=10.0)


@pytest.fixture
def stand_in():
    with XelaStandIn(StandInConfig(port=0)) as running:
        yield running


def uri(port):
    return f"ws://127.0.0.1:{port}"


def source_of(stand_in, **changes):
    config = XelaConfig(uri(stand_in.port), decoder=DECODER, **changes)
    return XelaTouchSource(touch_layout(stand_in.config.layout), config)


def until(condition):
    limit = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.002)
    return result


class Running:
    """A source in its loop, and the frames so far."""

    def __init__(self, source):
        self.frames = []
        self.source = source
        self.loop = SourceLoop(source, self.frames.append, Backoff(first=0.01, longest=0.05))
        self.loop.start()

    @property
    def text(self):
        return self.loop.status.text

    def more_frames(self):
        count = len(self.frames)
        return until(lambda: len(self.frames) > count + 2)


@pytest.fixture
def running(stand_in):
    started = Running(source_of(stand_in))
    yield started
    started.loop.stop()


@pytest.mark.parametrize(
    "config",
    [
        StandInConfig(port=0, version="1.7.6"),
        StandInConfig(port=0, version="1.7.7", layout="grid15"),
        StandInConfig(port=0, hand=True, calibrated=True),
    ],
    ids=["1.7.6", "1.7.7", "1.8.0b hand"],
)
def test_forces_arrive_as_they_are_felt(config):
    with XelaStandIn(config) as stand_in:
        source = source_of(stand_in)
        source.open()
        until(lambda: source.read(0.5))
        force = np.zeros_like(stand_in.force)
        force[2, 3] = [0.2, -0.1, 1.5]
        stand_in.force = force
        before = time.time_ns()
        frame = until(lambda: (f := source.read(0.5)) and f.stamp_ns > before and f)
        source.close()
    assert frame.force[2, 3] == pytest.approx([0.2, -0.1, 1.5], abs=0.02)


def test_frames_are_new_and_in_order(stand_in, running):
    until(lambda: len(running.frames) >= 20)
    stamps = [frame.stamp_ns for frame in running.frames]
    assert stamps == sorted(set(stamps))
    assert running.loop.status.ok


def test_garbage_is_survived_and_visible(stand_in, running, caplog):
    caplog.set_level(logging.ERROR)
    running.more_frames()
    stand_in.quiet = True
    stand_in.say("%PDF garbage")
    until(lambda: running.text.startswith("refused: not JSON"))
    assert not running.loop.status.ok
    assert "not JSON" in caplog.text
    stand_in.quiet = False
    running.more_frames()
    assert running.loop.status.ok
    assert running.loop.status.values["reopened"] == 0


def test_a_lost_connection_is_made_anew_with_the_old_baseline(stand_in, running):
    running.more_frames()
    stand_in.force = np.full_like(stand_in.force, 0.5)
    until(lambda: running.frames[-1].force.min() > 0.4)
    stand_in.drop()
    until(lambda: running.loop.status.values["reopened"] == 1)
    running.more_frames()
    assert running.frames[-1].force.min() > 0.4  # a new baseline would have made it 0


def test_a_server_that_starts_late_and_dies_is_found_again(caplog):
    port = free_port()
    started = Running(XelaTouchSource(touch_layout("uSCuAH"), XelaConfig(uri(port), decoder=DECODER)))
    try:
        until(lambda: "no XELA server at ws://127.0.0.1:" in started.text)
        for _ in range(2):
            with XelaStandIn(StandInConfig(port=port)):
                started.more_frames()
            until(lambda: not started.loop.status.ok)
    finally:
        started.loop.stop()


def test_frozen_sensors_give_no_frames(stand_in, running):
    running.more_frames()
    running.source.decoder.config = DecoderConfig(baseline=DECODER.baseline, max_age_s=0.3)
    stand_in.frozen = True
    until(lambda: "was last read" in running.text)
    count = len(running.frames)
    until(lambda: float(running.text.split(" was last read ")[1].split()[0]) > 0.4)  # many messages later
    assert len(running.frames) == count


def test_slow_sensors_are_refused(stand_in, running):
    running.more_frames()
    stand_in.updates = 2.5
    until(lambda: "update 2.5 times a second, below 50" in running.text)
    stand_in.updates = 100.0
    running.more_frames()


def test_a_silent_server_is_taken_for_gone(stand_in):
    stand_in.quiet = True
    source = source_of(stand_in, silence_s=0.05)
    source.open()
    with pytest.raises(SourceError, match=r"sends nothing"):
        until(lambda: source.read(0.02))
    source.close()
    source.close()


def test_what_listens_is_no_websocket():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        threading.Thread(target=answer, daemon=True).start()
        source = XelaTouchSource(touch_layout("uSCuAH"), XelaConfig(uri(server.getsockname()[1])))
        with pytest.raises(SourceError, match=r"no XELA server at .*start xela_server"):
            source.open()
        source.close()


def test_an_address_that_is_none():
    with pytest.raises(SourceError, match="no XELA server at localhost:5000"):
        XelaTouchSource(touch_layout("uSCuAH"), XelaConfig("localhost:5000")).open()


def test_the_stand_in_refuses_what_cannot_be(stand_in):
    with pytest.raises(DexSim2RealError, match="use --layout uSCuAH"):
        StandInConfig(hand=True, layout="grid15")
    with pytest.raises(DexSim2RealError, match=r"use --version 1\.8\.0b"):
        StandInConfig(version="1.7.6", calibrated=True)
    with pytest.raises(DexSim2RealError, match="choose another --port"), XelaStandIn(StandInConfig(port=stand_in.port)):
        pass


def test_the_stand_in_runs_as_a_program():
    port = free_port()
    command = [sys.executable, "-m", "dexsim2real_perception.xela_stand_in", "--port", str(port), "--rate", "200"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert f"ws://127.0.0.1:{port}" in process.stderr.readline()
        source = XelaTouchSource(touch_layout("uSCuAH"), XelaConfig(uri(port), decoder=DECODER))
        source.open()
        assert until(lambda: source.read(0.5)).force.shape == (4, 30, 3)
        source.close()
    finally:
        process.send_signal(2)
        assert process.wait(timeout=PATIENCE) == 0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
