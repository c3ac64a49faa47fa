"""The doctor: what it finds on machines that lack something, and what it makes of it."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from dexsim2real_bringup.cli import doctor as command
from dexsim2real_bringup.cli import main
from dexsim2real_bringup.doctor import devices, machine, simulation, software
from dexsim2real_bringup.doctor.check import Check, DoctorOptions, Result, examine, ready_for_simulation
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import render_context

OPTIONS = DoctorOptions()


def raises(error):
    def ask(_):
        raise error

    return ask


READY = Check("good", "simulation", lambda _: Result("fine"))
WARNED = Check("slow", "simulation", lambda _: Result("slow", warnings=("buy another",)))
ROBOT = Check("robot", "robot", lambda _: Result(errors=("no robot; buy one",)))
BROKEN = Check("broken", "simulation", raises(DexSim2RealError("no rclpy; install it")))
CRASHED = Check("crashed", "offline", raises(ZeroDivisionError("oh")))


def test_states_are_in_a_word():
    results = [result.state for _, result in examine([READY, WARNED, ROBOT, BROKEN, CRASHED], OPTIONS)]
    assert results == ["ready", "warning", "missing", "missing", "missing"]


def test_a_check_that_fails_says_why_and_the_others_go_on():
    (_, user), (_, bug) = examine([BROKEN, CRASHED], OPTIONS)
    assert user.errors == ("no rclpy; install it",)
    assert "ZeroDivisionError" in bug.errors[0]


@pytest.mark.parametrize(
    ("checks", "ready"), [([READY, WARNED, ROBOT, CRASHED], True), ([READY, BROKEN], False)], ids=["ready", "not ready"]
)
def test_only_what_the_simulated_loop_needs_decides(checks, ready, monkeypatch, tmp_path, capsys):
    assert ready_for_simulation(list(examine(checks, OPTIONS))) is ready
    monkeypatch.setattr(command, "CHECKS", tuple(checks))
    assert command.doctor(json=tmp_path / "table.json") == (0 if ready else 2)
    rows = json.loads((tmp_path / "table.json").read_text())["rows"]
    assert [row["check"] for row in rows] == [check.name for check in checks]
    said = capsys.readouterr().out
    assert "The real robot is not ready" in said
    told = [line for line in said.splitlines() if line.startswith("slow (warning): buy another")]
    assert len(told) == (WARNED in checks)  # one line each, however narrow the terminal is


def test_names_of_checks_differ_and_the_costly_ones_come_last():
    names = [check.name for check in command.CHECKS]
    assert len(set(names)) == len(names)
    assert names[0] == "Python" and names[-1] == "policy, real observation"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    assert machine.disk(DoctorOptions(folder=tmp_path / "to" / "be" / "made")).state in ("ready", "warning")
    result = machine.disk(DoctorOptions(folder=Path("/proc/self")))  # nobody may write there, root neither
    assert "/proc/self cannot be written to (" in result.errors[0].replace(str(os.getpid()), "self")
    assert "choose another folder" in result.errors[0]


@pytest.mark.parametrize(("free", "state"), [(2, "missing"), (5, "warning"), (50, "ready")])
def test_a_full_disk_is_an_error(free, state, monkeypatch, tmp_path):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, free * 2**30))
    assert machine.disk(DoctorOptions(folder=tmp_path)).state == state


def test_without_a_folder_for_temporary_files_it_says_what_to_set(monkeypatch):
    assert machine.temporary(OPTIONS).errors == ()

    def nowhere():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(machine.tempfile, "gettempdir", nowhere)
    assert "set TMPDIR" in machine.temporary(OPTIONS).errors[0]


def test_an_old_python_is_an_error(monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", (3, 10, 12))
    assert machine.python(OPTIONS).errors == ("Python 3.11 or later, below 3.14, is needed",)


def test_without_egl_and_osmesa_it_says_what_to_install(monkeypatch):
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(render_context, "_loads", lambda library: False)
    result = Check("rendering", "simulation", simulation.rendering).run(OPTIONS)
    assert "neither libEGL.so.1 nor libOSMesa.so.8 loads; install one" in result.errors[0]
    monkeypatch.setenv("MUJOCO_GL", "osmesa")
    result = Check("rendering", "simulation", simulation.rendering).run(OPTIONS)
    assert "libOSMesa.so.8 does not load; unset MUJOCO_GL" in result.errors[0]


def test_a_can_interface_must_be_there_and_up():
    assert "there is no interface can77" in machine.can(DoctorOptions(can="can77")).errors[0]
    assert machine.can(DoctorOptions(can="lo")).errors == ()  # any interface will do for the test


def test_little_shared_memory_is_an_error(monkeypatch):
    monkeypatch.setattr(machine, "SHARED", 1e9)
    assert "--shm-size=1g" in machine.shared_memory(OPTIONS).errors[0]


def test_requirements_are_sorted_by_extra():
    lines = ["numpy<3,>=2.2", 'ruckig<1,>=0.15; extra == "gate"', "dexsim2real[ros]; extra == 'all'"]
    assert software.extras(lines) == {"": ["numpy"], "gate": ["ruckig"]}
    assert software.missing(["numpy", "no-such-package-at-all"]) == ["no-such-package-at-all"]


@pytest.mark.parametrize(
    ("domain", "message"), [("seven", "expected a number"), ("999", "expected a number"), ("-1", "expected a number")]
)
def test_a_wrong_domain_is_an_error(domain, message, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", domain)
    assert message in software.domain(OPTIONS).errors[0]


def test_a_domain_whose_ports_may_be_taken_is_told(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "150")
    monkeypatch.setattr(software, "_nodes", list)
    assert "ports may be taken" in software.domain(OPTIONS).warnings[0]


def test_a_graph_that_runs_already_is_an_error(ros_environment):
    node = "import sys; from dexsim2real_hw.safety_gate_node import main; sys.exit(main())"
    ask = "from dexsim2real_bringup.doctor import software as s; print(s.domain(s.DoctorOptions()))"
    free = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert "errors=()" in free.stdout
    running = subprocess.Popen([sys.executable, "-c", node], stderr=subprocess.DEVNULL)
    try:
        told, end = "", time.monotonic() + 120
        while "runs here already" not in told and time.monotonic() < end:
            told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
    finally:
        running.terminate()
        running.wait()
    assert "a graph runs here already (safety_gate); end it, or choose another ROS_DOMAIN_ID" in told


def test_ports_that_other_programs_have_are_an_error(monkeypatch):
    monkeypatch.setattr(software, "_nodes", list)
    first, stack = software.FIRST_PORT + 250 * 99, ExitStack()
    monkeypatch.setenv("ROS_DOMAIN_ID", "99")
    with stack:
        for port in range(first, first + 2 * (software.PORTS - software.NEEDED_PORTS) + 2, 2):
            taken = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with suppress(OSError):  # somebody has it already
                taken.bind(("", port))
        assert "17 of its 32 UDP ports are in use; choose another ROS_DOMAIN_ID" in software.domain(OPTIONS).errors
    assert software.domain(OPTIONS).errors == ()


@pytest.mark.parametrize(
    ("address", "message"), [("127.0.0.1", "is no address"), ("ws://127.0.0.1:1", "no XELA server at ws://127.0.0.1:1")]
)
def test_a_touch_server_that_is_not_there_is_an_error(address, message):
    assert message in devices.touch_server(DoctorOptions(xela=address)).errors[0]


def test_the_command_finds_this_machine_ready_for_the_simulated_loop(tmp_path):
    assert main(["doctor", "--folder", str(tmp_path)]) == 0
