"""``topics``: rates and ages of everything in the live graph."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from dexsim2real_audit.ros_types_node import message_class
from dexsim2real_bringup.cli.tables import Cell, build_table, write_json
from dexsim2real_bringup.ros_session import RosSession
from dexsim2real_bringup.topic_meter import TopicMeter, header_stamp
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.ros_node import QOS, qos_without_deadline

HEADERLESS = ("/trial/event", "/clock", "/simulator/scene")
REFRESH = 0.5
"""[s]"""


def topics(seconds: float = 0.0, json: Path | None = None) -> None:
    """Show rate and age of every topic of the graph.

    Args:
        seconds: stop after this long; 0 runs until Ctrl-C.
        json: write the last table to this file as well.
    """
    end = time.monotonic() + seconds if seconds else float("inf")
    with RosSession("topics", images=True) as session, suppress(KeyboardInterrupt):
        watcher = _Watcher(session.node)
        with Live(console=Console(markup=False), refresh_per_second=4) as live:
            while time.monotonic() < end:
                watcher.look()
                session.spin(REFRESH)
                live.update(build_table("Topics", watcher.rows()))
    if not watcher.meters:
        raise DexSim2RealError("no topic of the graph was heard; start one with: dexsim2real up sim")
    if json is not None:
        write_json(json, {"title": "Topics", "rows": watcher.rows()})


class _Watcher:
    """Subscribes to each topic of the contract once somebody publishes it."""

    def __init__(self, node: Any) -> None:
        self.meters: dict[str, TopicMeter] = {}
        self._node = node

    def rows(self) -> list[dict[str, Cell]]:
        now = time.monotonic()
        return [
            {
                "topic": topic,
                "rate [Hz]": round(meter.rate(now), 1),
                "age p50 [ms]": meter.age_ms(0.5),
                "age p99 [ms]": meter.age_ms(0.99),
                "messages": meter.count,
            }
            for topic, meter in sorted(self.meters.items())
            if meter.count
        ]

    def look(self) -> None:
        """Find topics that are new."""
        for topic, types in self._node.get_topic_names_and_types():
            if topic in QOS and topic not in self.meters and self._node.count_publishers(topic):
                self.meters[topic] = meter = TopicMeter()
                profile = qos_without_deadline(topic)
                callback = _headerless(meter) if topic in HEADERLESS else _stamped(meter)
                self._node.create_subscription(message_class(types[0]), topic, callback, profile, raw=True)


def _stamped(meter: TopicMeter) -> Callable[[bytes], None]:
    def see(message: bytes) -> None:
        stamp = header_stamp(message)
        meter.see(time.monotonic(), None if stamp is None else (time.time_ns() - stamp) * 1e-9)

    return see


def _headerless(meter: TopicMeter) -> Callable[[bytes], None]:
    return lambda _: meter.see(time.monotonic(), None)
