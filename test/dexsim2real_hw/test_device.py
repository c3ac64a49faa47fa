"""Drivers with their real processes, the device being a stand-in."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_hw import device
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.allegro.driver import allegro_hand
from dexsim2real_hw.driver import Mode
from dexsim2real_hw.errors import HardwareError, UnsafeError
from dexsim2real_hw.franka.config import FrankaConfig
from dexsim2real_hw.franka.driver import franka_arm

PATIENCE = 20.0
"""For what takes milliseconds on an idle machine [s]."""


def make(kind):
    return (
        allegro_hand(AllegroConfig(hand="v5b", interface="standin"))
        if kind == "hand"
        else franka_arm(FrankaConfig(robot_ip="standin"))
    )


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)


def move(driver, goal):
    """Send a stream that starts at the present pose, as the gate does."""
    start = driver.state().sent
    for share in np.linspace(0, 1, 60):
        sent = driver.send(start + share * (goal - start))
        time.sleep(0.005)
    return sent


@pytest.mark.parametrize("kind", ["hand", "arm"])
def test_connect_move_disconnect(kind):
    driver = make(kind)
    driver.connect()
    process = driver._process
    assert driver.state().mode is Mode.HOLDING
    goal = driver.state().position + 0.05
    goal = np.clip(goal, driver.features.limits.lower, driver.features.limits.upper)
    assert move(driver, goal) == pytest.approx(goal)

    def arrived():
        driver.send(goal)
        return np.abs(driver.state().position - goal).max() < 0.02

    until(arrived, "the goal")
    assert driver.state().mode is Mode.TRACKING
    until(lambda: driver.state().mode is Mode.HOLDING, "the watchdog")  # nothing is sent any more
    driver.disconnect()
    assert process.returncode == 0
    with pytest.raises(HardwareError, match="call connect first"):
        driver.state()


def test_a_driver_can_be_connected_again():
    driver = make("hand")
    for _ in range(2):
        driver.connect()
        assert driver.state().position.shape == (16,)
        driver.disconnect()


def test_a_killed_loop_calls_for_the_last_resort_and_is_reported():
    calls = []
    driver = make("hand")
    driver._last_resort = lambda: calls.append("off")
    driver.connect()
    os.kill(driver._process.pid, signal.SIGKILL)
    until(lambda: calls, "the last resort")

    def reported():
        try:
            driver.state()
        except HardwareError as error:
            return "ended without a word" in str(error) or error
        return False

    until(reported, "the error")
    driver.disconnect()
    assert calls == ["off"]


def test_a_last_resort_that_fails_is_said_loudly_and_tried_until_it_succeeds(caplog, monkeypatch):
    monkeypatch.setattr(device, "_LAST_RESORT_PERIOD", 0.01)
    tries = []

    def succeed_at_third():
        tries.append(1)
        if len(tries) < 3:
            raise UnsafeError("CUT ITS POWER")

    driver = make("hand")
    driver._last_resort = succeed_at_third
    driver.connect()
    watcher = driver._watcher
    os.kill(driver._process.pid, signal.SIGKILL)
    watcher.join(PATIENCE)
    assert not watcher.is_alive()
    assert caplog.text.count("CUT ITS POWER") == 2
    driver.disconnect()


def test_a_last_resort_that_never_succeeds_does_not_keep_the_program():
    def fail():
        raise UnsafeError("CUT ITS POWER")

    driver = make("hand")
    driver._last_resort = fail
    driver.connect()
    os.kill(driver._process.pid, signal.SIGKILL)
    watcher = driver._watcher
    driver.disconnect()
    assert not watcher.is_alive()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_loop_that_is_asked_by_signal_ends_in_order(how):
    calls = []
    driver = make("hand")
    driver._last_resort = lambda: calls.append("off")
    driver.connect()
    process = driver._process
    os.kill(process.pid, how)
    assert process.wait(PATIENCE) == 0
    driver.disconnect()
    assert calls == []


def test_what_the_device_says_at_start_reaches_the_caller():
    driver = allegro_hand(AllegroConfig(channel="can77"))
    with pytest.raises(HardwareError, match="no CAN interface 'can77'"):
        driver.connect()
    assert driver._process is None


def test_the_loop_ends_when_its_program_dies(tmp_path):
    script = textwrap.dedent("""
        import sys, time
        from dexsim2real_hw.allegro.config import AllegroConfig
        from dexsim2real_hw.allegro.driver import allegro_hand
        driver = allegro_hand(AllegroConfig(interface="standin"))
        driver.connect()
        print(driver._process.pid, flush=True)
        time.sleep(60)
    """)
    program = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    loop = int(program.stdout.readline())
    program.kill()
    program.wait()
    program.stdout.close()
    until(lambda: not running(loop), "the loop's end")


def test_a_program_that_just_ends_leaves_nothing_behind():
    script = (
        "from dexsim2real_hw.franka.config import FrankaConfig\n"
        "from dexsim2real_hw.franka.driver import franka_arm\n"
        "driver = franka_arm(FrankaConfig(robot_ip='standin'))\n"
        "driver.connect()\n"
        "print(driver._process.pid)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not running(int(done.stdout))


def running(pid):
    """A zombie that nobody has waited for yet does not run."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"
