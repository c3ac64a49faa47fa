"""The driver with the real libfranka, against the robot's side of the wire."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

pytest.importorskip("pylibfranka", reason="needs the extra 'arm'")

from dexsim2real_hw.driver import Mode
from dexsim2real_hw.errors import HardwareError
from dexsim2real_hw.franka import fci_standin
from dexsim2real_hw.franka.config import FrankaConfig
from dexsim2real_hw.franka.driver import franka_arm

ADDRESS = "127.0.0.3"
"""A loopback address of its own: the port is libfranka's and cannot be chosen."""
PATIENCE = 20.0
SCRIPT = textwrap.dedent("""
    import signal, sys
    from dexsim2real_hw.franka.fci_standin import serve
    from dexsim2real_hw.franka.standin import Robot
    robot = Robot(paced=False)
    signal.signal(signal.SIGUSR1, lambda *_: robot.abort("cartesian_reflex"))
    serve(robot, sys.argv[1], int(sys.argv[2]))
""")


@pytest.fixture
def serve():
    processes = []

    def start(version=fci_standin.VERSION):
        command = [sys.executable, "-c", SCRIPT, ADDRESS, str(version)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert "listens" in process.stdout.readline()
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def arm():
    driver = franka_arm(FrankaConfig(robot_ip=ADDRESS, realtime=False))
    yield driver
    driver.disconnect()


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.004)
    return result


def test_the_real_library_moves_the_arm_and_ends_in_order(serve, arm):
    serve()
    arm.connect()
    process = arm._process
    start = arm.state().position
    goal = start + 0.09

    def arrived():
        arm.send(goal)
        return np.abs(arm.state().position - goal).max() < 1e-3

    until(arrived, "the goal")
    assert arm.state().mode is Mode.TRACKING
    assert arm.state().counters.get("stops", 0) == 0
    until(lambda: arm.state().mode is Mode.HOLDING, "the watchdog")
    arm.disconnect()
    assert process.returncode == 0


def test_a_reflex_is_told_with_its_name_and_recovered_from(serve, arm):
    robot = serve()
    arm.connect()
    os.kill(robot.pid, signal.SIGUSR1)
    state = until(lambda: (s := arm.state()).mode is Mode.FAULT and s, "the fault")
    assert "cartesian_reflex" in state.message
    assert "clear what it touched" in state.message
    arm.recover()
    until(lambda: arm.state().mode is Mode.HOLDING, "the recovery")


def test_a_robot_of_another_version_says_what_fits(serve, arm):
    serve(version=5)
    with pytest.raises(HardwareError, match=r"server version: 5.*5\.9\.0.*panda-python"):
        arm.connect()


def test_a_robot_that_goes_away_ends_the_loop_with_an_error(serve, arm):
    robot = serve()
    arm.connect()
    robot.kill()

    def told():
        try:
            arm.state()
        except HardwareError as error:
            return str(error)
        return ""

    assert "the arm stopped" in until(told, "the error")
