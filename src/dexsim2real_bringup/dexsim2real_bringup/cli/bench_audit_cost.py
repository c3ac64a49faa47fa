"""``bench audit-cost``: time and memory of the audit of a long recording of the full graph, as a process."""

from __future__ import annotations

import json as json_format
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dexsim2real_audit.bag_trace import Topics
from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.rollout import rollout_trace
from dexsim2real_audit.trace import ACTION, COMMAND, Trace
from dexsim2real_audit.trace_bag import Message, graph_messages, pictures, stamped
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import BagTopic
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.excitation import OBJECT, TASK, excitation
from dexsim2real_sim.plant import CONTROL_RATE

REST = 0.4
"""Between two motions [s]."""
BEGIN = 1_000_000_000_000
"""Of the recording [ns]."""
_FLUSH = 20_000
"""Messages that are handed to the disk at a time."""


def bench_audit_cost(minutes: float = 10.0, keep: Path | None = None, json: Path | None = None) -> None:
    """Audit a recording of the full graph, pictures of one pixel, that repeats one motion; print time and memory.

    Args:
        minutes: how long it is.
        keep: write the recording to this folder and keep it.
        json: write the table to this file as well.
    """
    if minutes < 0.2:
        raise DexSim2RealError(f"{minutes:g} minutes are too short for a motion; use 0.2 or more")
    with tempfile.TemporaryDirectory(prefix="dexsim2real_bench_") as scratch:
        bag = keep or Path(scratch) / "bag"
        count = write_recording(bag, minutes)
        rows, title = _audited(bag, Path(scratch)), f"Audit of {minutes:g} minutes, {count} messages"
    show(title, rows)
    if json is not None:
        write_json(json, {"title": title, "rows": rows})


def write_recording(bag: Path, minutes: float) -> int:
    """Write the recording; returns how many messages it has."""
    messages = _one_motion()
    length = messages[-1].stamp + 1
    count = 0
    with BagWriter(bag) as writer:
        for topic, kind in {each.topic: each.kind for each in messages}.items():
            writer.add_topic(BagTopic(topic, kind, 0, True, False))
        for repeat in range(max(1, round(minutes * 60e9 / length))):
            for each in messages:
                stamp = BEGIN + repeat * length + each.stamp
                writer.write(each.topic, stamp + 1_000_000, stamped(each.data, stamp))
                count += 1
                if count % _FLUSH == 0:
                    writer.flush()
    return count


def _one_motion() -> list[Message]:
    """What the graph says during one motion and the rest before it."""
    motion, cell = excitation(), Counterpart(EnvConfig(TASK, 1, objects=(OBJECT,), threads=1))
    cell.begin((), None, motion.start)
    rest = np.tile(motion.commands[:1], (round(REST * CONTROL_RATE), 1))
    trace = rollout_trace(cell, np.concatenate([rest, motion.commands]))
    trace = Trace({**trace.channels, ACTION: trace[COMMAND]})
    stamps = range(0, int(trace.span[1]), round(1e9 / 30))
    topics = Topics()
    messages = graph_messages(trace) + pictures(topics.front_image, stamps) + pictures(topics.wrist_image, stamps)
    return sorted(messages, key=lambda each: each.stamp)


def _audited(bag: Path, folder: Path) -> list[dict[str, Cell]]:
    """What an audit of the recording as a process of its own took. Raises DexSim2RealError if it fails."""
    table, log = folder / "audit.json", folder / "audit.log"
    words = ["audit", str(bag), "--task", TASK, "--objects", OBJECT, "--ledger", str(folder / "ledger.db")]
    words += ["--out", str(folder / "audit"), "--json", str(table)]
    began = time.perf_counter()
    with log.open("w") as output:
        command = [sys.executable, "-m", "dexsim2real_bringup.cli", *words]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise DexSim2RealError(f"the audit failed: {log.read_text().strip()[-500:]}")
    steps = json_format.loads(table.read_text())["Time"]
    rows: list[dict[str, Cell]] = [{"what": f"{step['step']} [s]", "value": step["seconds"]} for step in steps]
    cpu, load = used.ru_utime + used.ru_stime, os.getloadavg()[0]
    rows += [{"what": "the whole process [s]", "value": wall}, {"what": "processor time [s]", "value": cpu}]
    rows += [{"what": "memory at most [GB]", "value": used.ru_maxrss * 1024 / 1e9}]
    return [*rows, {"what": f"load average, {os.cpu_count()} processors", "value": load}]
