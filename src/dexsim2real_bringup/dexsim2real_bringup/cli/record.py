"""``record``, ``replay`` and ``recover``: rosbag2 recordings of the live graph."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from dexsim2real_audit.bag_recover import recover as recover_bag
from dexsim2real_audit.bag_writer import Storage
from dexsim2real_audit.recorder import RecorderConfig, RecorderStatus
from dexsim2real_audit.replay import check_rate
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_bringup.ros_environment import apply_ros_environment
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import Bag
from dexsim2real_description.optional import require

if TYPE_CHECKING:
    from dexsim2real_audit.recorder_node import RecorderNode

FAILED = 1


def record(
    out: Path,
    topics: tuple[str, ...] = (),
    duration: float = 0.0,
    storage: Storage = "mcap",
    split_trials: bool = False,
    json: Path | None = None,
) -> int:
    """Record the live graph to a rosbag2 folder until Ctrl-C.

    Args:
        out: the new bag's folder; with --split-trials, the folder of the bags.
        topics: only these; all if none is given.
        duration: stop after this long [s]; 0 runs until Ctrl-C.
        storage: mcap, or sqlite3 for older rosbag2.
        split_trials: begin a new bag with every trial.
        json: write the table to this file as well.
    """
    recording = _Recording()
    nodes = _nodes("recorder_node")
    options = nodes.RecordOptions(out, topics, split_trials, duration, RecorderConfig(storage=storage))
    with recording.progress:
        status = _run(lambda: recording.watch(nodes.RecorderNode(options, recording.report)))
    return status or recording.finish(json)


class _Recording:
    """What is shown of a recording while it runs and after it."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), TimeElapsedColumn(), TextColumn("{task.fields[state]}"))
        self.progress = Progress(*columns, transient=True)
        self._task = self.progress.add_task("recording", total=None, state="")
        self._node: RecorderNode | None = None
        self._began = time.monotonic()

    def watch(self, node: RecorderNode) -> RecorderNode:
        """Remember the node, for its last word."""
        self._node = node
        return node

    def report(self, status: RecorderStatus) -> None:
        """Show where it stands."""
        rate = status.num_bytes / 1e6 / max(1e-9, time.monotonic() - self._began)
        state = f"{sum(status.messages.values())} messages, {rate:.1f} MB/s"
        if not status.ok:
            state += f", [red]{status.text}[/red]"
        self.progress.update(self._task, state=state)

    def finish(self, json: Path | None) -> int:
        """Print the table; returns the exit status. Raises DexSim2RealError if a topic never appeared."""
        if self._node is None:
            return FAILED
        status, types = self._node.recorder.status, self._node.types
        rows: list[dict[str, Cell]] = [
            {
                "topic": name,
                "type": types[name],
                "messages": status.messages.get(name, 0),
                "dropped": status.dropped.get(name, 0),
                "lost": status.lost.get(name, 0),
            }
            for name in sorted(types)
        ]
        show(f"Recorded to {self._node.options.out}", rows, json)
        if not status.ok:
            Console(stderr=True).print(f"[red]{status.text}[/red]")
            return FAILED
        if self._node.missing:
            raise DexSim2RealError(
                f"nothing was published on {', '.join(self._node.missing)}; "
                f"topics there were: {', '.join(sorted(types)) or 'none of those asked for'}"
            )
        return 0


def replay(
    bag: tyro.conf.Positional[Path],
    rate: float = 1.0,
    topics: tuple[str, ...] = (),
    clock: bool = False,
    wait: bool = False,
) -> int:
    """Publish a recording again, with its original bytes and timing.

    Args:
        bag: the recording.
        rate: 1 is the original timing, 2 twice as fast, 0 without waiting (subscribers then lose messages).
        topics: only these; all if none is given.
        clock: also publish the recording's time on /clock, for nodes with use_sim_time.
        wait: begin once every topic has a subscriber.
    """
    check_rate(rate)
    with Bag(bag) as opened:
        first, last = opened.span_ns
    nodes = _nodes("replay_node")
    options = nodes.ReplayOptions(bag, topics, rate, clock, wait)
    published: Mapping[str, int] = {}
    with Bar("replaying, messages") as bar:

        def make() -> Any:
            nonlocal published
            node = nodes.ReplayNode(options, report)
            bar.update(0, of=sum(topic.count for topic in node.topics.values()))
            published = node.published
            return node

        def report(counts: Mapping[str, int]) -> None:
            bar.update(sum(counts.values()))

        status = _run(make)
    if status == 0:
        Console().print(f"replayed {sum(published.values())} messages of {(last - first) * 1e-9:.1f} s")
    return status


def recover(bag: tyro.conf.Positional[Path], out: Path | None = None) -> None:
    """Save what is readable of a recording that was cut off or damaged, as a new bag.

    Args:
        bag: a bag folder, or a .mcap or .db3 file.
        out: the new bag; NAME_recovered beside the old one if not given.
    """
    target = out or bag.with_name(f"{bag.stem if bag.is_file() else bag.name}_recovered")
    count = recover_bag(bag, target)
    with Bag(target) as opened:
        first, last = opened.span_ns
    Console().print(f"saved {count} messages, {(last - first) * 1e-9:.1f} s, to {target}")


def _nodes(module: str) -> Any:
    """A module with nodes, imported once the environment is right."""
    apply_ros_environment()
    require("rclpy", "ros")
    return require(f"dexsim2real_audit.{module}", "ros")


def _run(make_node: Any) -> int:
    status: int = require("dexsim2real_description.ros_node", "ros").run_node(make_node)
    return status
