"""Command lines and ends of processes."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dexsim2real_bringup import processes as module
from dexsim2real_bringup.graph import NodeSpec
from dexsim2real_bringup.processes import Processes, command, environment

NODE = """
import signal, sys, time
ending = []
signal.signal(signal.SIGTERM, lambda *_: {reaction})
print("started", sys.argv[-1], flush=True)
while not ending:
    time.sleep(0.01)
"""


@pytest.fixture
def nodes(tmp_path, monkeypatch):
    """Modules that stand in for nodes: one that ends when told to, one that is deaf, one that fails."""
    package = tmp_path / "stand_ins"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "good.py").write_text(NODE.format(reaction="ending.append(1)"))
    (package / "deaf.py").write_text(NODE.format(reaction="None"))
    (package / "starting.py").write_text("import time; print('importing', flush=True); time.sleep(60)")
    (package / "failing.py").write_text("raise SystemExit(2)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    return lambda *names: [NodeSpec("stand_ins", name, name) for name in names]


def wait(condition):
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.01)


def test_the_command_line_keeps_types_and_names():
    parameters = {"bag": "it's", "number": "7", "rate": 0.5, "on": True, "topics": ("/a", "/b")}
    words = command(NodeSpec("package", "node", "name", parameters, {"/old": "/new"}))
    assert words[:3] == [sys.executable, "-m", "package.node"]
    assert words[3:8] == ["--ros-args", "-r", "__node:=name", "-r", "/old:=/new"]
    assert words[8::2] == ["-p"] * 5
    assert words[9::2] == ["bag:='it''s'", "number:='7'", "rate:=0.5", "on:=true", "topics:=['/a', '/b']"]


def test_what_draws_yields_to_what_controls():
    line = command(NodeSpec("package", "node", "name", niceness=5))
    assert line[:4] == ["nice", "-n", "5", sys.executable]


def test_every_process_has_the_graphs_transport():
    camera = environment(NodeSpec("package", "node", "name", images=True))
    assert camera["FASTDDS_DEFAULT_PROFILES_FILE"].endswith("fastdds.xml")
    assert camera["OMP_NUM_THREADS"] == "1"
    gate = environment(NodeSpec("package", "node", "name"))
    assert gate["FASTDDS_DEFAULT_PROFILES_FILE"].endswith("fastdds_loopback.xml")


def test_nodes_start_report_and_end(nodes):
    lines = []
    with Processes(nodes("good"), lambda name, line: lines.append((name, line)), {"good": ["more"]}) as running:
        wait(lambda: lines)
        pid = running.pids["good"]
    assert lines == [("good", "started more")]
    assert running.pids == {} and not _alive(pid)


def test_a_node_that_ignores_the_signal_is_ended_all_the_same(nodes, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    lines = []
    with Processes(nodes("deaf"), lambda name, line: lines.append(line)) as running:
        wait(lambda: lines)
        pid = running.pids["deaf"]
    assert not _alive(pid)


def test_a_node_that_is_still_starting_ends_without_a_traceback(nodes):
    lines = []
    with Processes(nodes("starting"), lambda name, line: lines.append(line)):
        wait(lambda: lines)
    assert lines == ["importing"]


def test_a_node_that_fails_is_told_and_can_be_started_again(nodes):
    with Processes(nodes("failing"), lambda name, line: None) as running:
        wait(running.ended)
        assert running.ended() == {"failing": 2}
        running.start("failing")
        assert "failing" in running.pids or running.ended() == {"failing": 2}


PROGRAM = """
import time
from dexsim2real_bringup.graph import NodeSpec
from dexsim2real_bringup.processes import Processes
nodes = [NodeSpec("stand_ins", "good", "good", niceness=1)]
with Processes(nodes, lambda name, line: print(line, flush=True)) as running:
    print(running.pids["good"], flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, of util-linux")
def test_when_the_starter_is_killed_its_nodes_end(nodes):
    starter = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    pid = int(starter.stdout.readline())
    assert starter.stdout.readline().startswith("started")
    starter.kill()
    starter.wait()
    starter.stdout.close()
    wait(lambda: not _alive(pid))


def test_a_killed_node_is_gone_at_once(nodes):
    with Processes(nodes("good"), lambda name, line: None) as running:
        running.kill("good")
        assert running.ended() == {"good": -9}


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False
