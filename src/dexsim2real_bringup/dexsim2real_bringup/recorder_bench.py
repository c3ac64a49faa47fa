"""Does the recorder keep everything? Full load on one side, the bag on the other, compared byte by byte."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dexsim2real_audit.bag_notes import DROPPED_NOTE, LOST_NOTE
from dexsim2real_audit.bag_recover import recover
from dexsim2real_bringup.load_node import STREAMS, digest
from dexsim2real_bringup.ros_environment import ros_environment
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import Bag

PATIENCE = 60.0
"""How long a process may take to start or to end beyond its task [s]."""

Sent = Mapping[str, list[tuple[int, str]]]
"""Time [ns] and digest of every message sent, by topic."""


@dataclass(frozen=True)
class StreamResult:
    """How one topic fared."""

    topic: str
    sent: int
    kept: int
    """Messages in the bag."""
    identical: bool
    """The bag has exactly the bytes that were sent, in order; after a kill, up to where it ends."""
    reported: int
    """Missing messages that the recorder knows of: dropped because the disk was too slow, or lost on the way."""
    lost_s: float
    """From the first message sent that is not in the bag to the end, or to the kill [s]."""


@dataclass(frozen=True)
class BenchResult:
    """A run of the recorder under full load."""

    streams: tuple[StreamResult, ...]
    megabytes: float
    """Size of the bag."""
    cpu: float
    """Of the recorder, in cores; 0 where it was killed."""


def run_whole(
    folder: Path, seconds: float, *, storage: str = "mcap", reliable: bool = False, frozen_s: float = 0.0
) -> BenchResult:
    """Record the full load for `seconds` into `folder` (new), end the recorder properly, and compare.

    With `frozen_s`, the recorder is frozen (SIGSTOP) for so long once it has begun, so that messages get lost on
    the way. Raises DexSim2RealError if a process fails.
    """
    with _Run(folder, seconds, storage, reliable=reliable) as run:
        if frozen_s > 0:
            run.freeze_recorder(frozen_s)
        sent = run.finish_load()
        cpu = run.end_recorder(signal.SIGINT) / seconds
    return _result(sent, folder / "bag", None, cpu)


def run_killed(folder: Path, seconds: float, *, storage: str = "mcap", reliable: bool = False) -> BenchResult:
    """The same, but the recorder is killed with SIGKILL after `seconds`, and the bag is recovered."""
    with _Run(folder, seconds + 2.0, storage, reliable=reliable) as run:
        run.wait_for_data()
        time.sleep(seconds)
        killed_at = time.time_ns()
        run.end_recorder(signal.SIGKILL)
        sent = run.finish_load()
    recover(folder / "bag", folder / "recovered")
    return _result(sent, folder / "recovered", killed_at, 0.0)


class _Run:
    """The processes of one run; all of them are ended when it is left."""

    def __init__(self, folder: Path, seconds: float, storage: str, *, reliable: bool) -> None:
        self._folder, self._seconds = folder, seconds
        self._logs = {topic: folder / f"sent_{number}.json" for number, topic in enumerate(STREAMS)}
        topics = str(list(STREAMS)).replace('"', "'")
        arguments = {"out": f"'{folder / 'bag'}'", "topics": topics, "storage": storage}
        folder.mkdir(parents=True)
        self._recorder = _start("dexsim2real_audit.recorder_node", arguments)
        self._load = [
            _start(
                "dexsim2real_bringup.load_node",
                {"topic": topic, "seconds": float(seconds), "log": f"'{log}'", "reliable": str(reliable).lower()},
            )
            for topic, log in self._logs.items()
        ]

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self._load, self._recorder):
            if process.poll() is None:
                process.kill()
                process.wait()

    def wait_for_data(self, size: int = 1_000_000) -> None:
        """Return once the recorder has written that many bytes."""
        bag = self._folder / "bag"
        deadline = time.monotonic() + PATIENCE
        while not bag.exists() or sum(file.stat().st_size for file in bag.iterdir()) < size:
            if time.monotonic() > deadline:
                raise DexSim2RealError(f"the recorder wrote less than {size} bytes to {bag}")
            time.sleep(0.01)

    def freeze_recorder(self, seconds: float) -> None:
        """Stop its process for a while, a second after the beginning, when every publisher has found it."""
        self.wait_for_data(60_000_000)
        self._recorder.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._recorder.send_signal(signal.SIGCONT)

    def finish_load(self) -> Sent:
        """Wait for the publishers, and return what they sent."""
        for process in self._load:
            if status := process.wait(self._seconds + PATIENCE):
                raise DexSim2RealError(f"a publisher ended with status {status}")
        return {topic: [(stamp, text) for stamp, text in json.loads(p.read_text())] for topic, p in self._logs.items()}

    def end_recorder(self, number: signal.Signals) -> float:
        """Send a signal, wait for the end, and return the processor time it had used [s]."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._recorder.send_signal(number)
        status = self._recorder.wait(PATIENCE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status not in (0, -number):
            raise DexSim2RealError(f"the recorder ended with status {status}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _start(module: str, parameters: Mapping[str, object]) -> subprocess.Popen[bytes]:
    arguments = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    return subprocess.Popen([sys.executable, "-m", module, "--ros-args", *arguments], env=ros_environment())


def _result(sent: Sent, bag: Path, killed_at: int | None, cpu: float) -> BenchResult:
    kept: dict[str, list[str]] = {topic: [] for topic in sent}
    with Bag(bag) as opened:
        notes = [json.loads(opened.notes.get(note, "{}")) for note in (DROPPED_NOTE, LOST_NOTE)]
        for topic, _, data in opened.messages():
            kept[topic].append(digest(data))
    streams = tuple(
        replace(_compare(topic, messages, kept[topic], killed_at), reported=sum(note.get(topic, 0) for note in notes))
        for topic, messages in sent.items()
    )
    return BenchResult(streams, sum(f.stat().st_size for f in bag.iterdir()) / 1e6, cpu)


def _compare(topic: str, sent: list[tuple[int, str]], kept: list[str], killed_at: int | None) -> StreamResult:
    digests = [text for _, text in sent]
    end = sent[-1][0] if killed_at is None else killed_at
    missing = [stamp for (stamp, text), there in zip(sent, _present(digests, kept), strict=True) if not there]
    due = digests if killed_at is None else digests[: len(kept)]
    lost = max(0.0, (end - missing[0]) * 1e-9) if missing else 0.0
    return StreamResult(topic, len(sent), len(kept), kept == due, reported=0, lost_s=lost)


def _present(digests: list[str], kept: list[str]) -> list[bool]:
    there = set(kept)
    return [text in there for text in digests]
