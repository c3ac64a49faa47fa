"""Runs a graph as plain processes, on a machine with or without a ROS installation."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from dexsim2real_bringup.graph import NodeSpec, Value
from dexsim2real_bringup.ros_environment import transport
from dexsim2real_description import DexSim2RealError

PATIENCE = 5.0
"""How long a node may take to end after each signal [s]."""

Report = Callable[[str, str], None]
"""Called with a node's name and one line of its output."""


def leash(number: str) -> list[str]:
    """Words before a command that send it this signal when we die, however we die; none without util-linux."""
    words = ["setpriv", "--pdeathsig", number]
    return words if shutil.which(words[0]) else []


def environment(node: NodeSpec) -> dict[str, str]:
    """The environment of a node's process; numerical libraries keep to one thread each."""
    return {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1", **os.environ, **transport(node.images)}


def command(node: NodeSpec) -> list[str]:
    """The command line that starts a node."""
    words = ["nice", "-n", str(node.niceness)] if node.niceness else []
    words += [sys.executable, "-m", f"{node.package}.{node.executable}", "--ros-args", "-r", f"__node:={node.name}"]
    for old, new in node.remappings.items():
        words += ["-r", f"{old}:={new}"]
    for name, value in node.parameters.items():
        words += ["-p", f"{name}:={_text(value)}"]
    return words


def _text(value: Value) -> str:
    """A parameter as YAML that keeps its type: text is quoted, so that "7" does not become a number."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


class Processes:
    """The processes of a graph; a context manager that ends them all."""

    def __init__(
        self, nodes: Sequence[NodeSpec], report: Report, words: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """`words` go to the end of the command line of the node of that name: for tests that lead topics elsewhere."""
        self._nodes = {node.name: node for node in nodes}
        self._report = report
        self._words = words or {}
        self._leash = leash("TERM")
        self._running: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Processes:
        for name in self._nodes:
            self.start(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process numbers of the nodes that run, by name."""
        return {name: process.pid for name, process in self._running.items() if process.poll() is None}

    def start(self, name: str) -> None:
        """Start a node, again if it has ended."""
        node = self._nodes[name]
        process = subprocess.Popen(
            [*self._leash, *command(node), *self._words.get(name, ())],
            env=environment(node),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,  # Ctrl-C reaches us alone; we end the nodes in order
        )
        self._running[name] = process
        threading.Thread(target=self._forward, args=(name, process), daemon=True).start()

    def kill(self, name: str) -> None:
        """End a node without warning, as a crash would."""
        self._running[name].kill()
        self._running[name].wait()

    def ended(self) -> dict[str, int]:
        """Exit statuses of the nodes that have ended by themselves, by name."""
        statuses = {name: process.poll() for name, process in self._running.items()}
        return {name: status for name, status in statuses.items() if status is not None}

    def stop(self) -> None:
        """End all nodes, last started first: the policy before the gate, the gate before the robot."""
        for name in reversed(self._running):
            self._end(name, self._running[name])
        self._running.clear()

    def _end(self, name: str, process: subprocess.Popen[str]) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):  # SIGINT would be a traceback in one that still imports
            if process.poll() is not None:
                return
            process.send_signal(number)
            deadline = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
        self._report(name, "did not end")

    def _forward(self, name: str, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._report(name, line.rstrip("\n"))


def check_running(processes: Processes, output: Sequence[str]) -> None:
    """Raise DexSim2RealError, with the last lines of output, if a node has ended."""
    if ended := processes.ended():
        raise DexSim2RealError(f"{', '.join(ended)} ended: {'; '.join(output[-5:])}")
