"""A short visit to the running graph: a node, an executor, and waiting for things rather than for time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from dexsim2real_bringup.ros_environment import apply_ros_environment
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.optional import require

T = TypeVar("T")
ASK_AGAIN = 2.0
"""[s]"""
PAUSE = 0.2
"""Before somebody who refused is asked again [s]."""


class RosSession:
    """A node that lives as long as the `with` block. Raises DexSim2RealError where rclpy is not installed."""

    def __init__(self, name: str, images: bool = False) -> None:
        """Who listens to `images` shares memory with the graph, and hangs for a while if one of its nodes is killed."""
        apply_ros_environment(images)
        self._rclpy = require("rclpy", "ros")
        from rclpy.signals import SignalHandlerOptions

        from dexsim2real_description.ros_node import make_executor

        self._rclpy.init(signal_handler_options=SignalHandlerOptions.NO)  # Ctrl-C raises here, as in any program
        self.node: Any = self._rclpy.create_node(name)
        self._executor = make_executor()
        self._executor.add_node(self.node)
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> RosSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._rclpy.try_shutdown()

    def spin(self, seconds: float) -> None:
        """Handle what comes for this long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=min(left, 0.1))

    def until(self, condition: Callable[[], T], seconds: float, what: str) -> T:
        """Handle what comes until `condition()` is true, and return what it returned.

        Raises DexSim2RealError, which says `what` was waited for, after `seconds`.
        """
        end = time.monotonic() + seconds
        while not (result := condition()):
            if time.monotonic() > end:
                domain = os.environ.get("ROS_DOMAIN_ID", "0")
                raise DexSim2RealError(
                    f"no {what} within {seconds:g} s on domain {domain}; start the graph with: dexsim2real up sim"
                )
            self._executor.spin_once(timeout_sec=0.01)
        return result

    def call(self, name: str, seconds: float = 5.0) -> Any:
        """Call a std_srvs/Trigger service and return its response.

        Asks again after a while: the answer to a client that has only just been found can go astray.
        """
        from std_srvs.srv import Trigger

        if name not in self._clients:
            self._clients[name] = self.node.create_client(Trigger, name)
        client = self._clients[name]
        end = time.monotonic() + seconds
        self.until(client.service_is_ready, seconds, f"service {name}")
        while True:
            future = client.call_async(Trigger.Request())
            patience = min(time.monotonic() + ASK_AGAIN, end)
            while not future.done() and time.monotonic() < patience:
                self._executor.spin_once(timeout_sec=0.01)
            if future.done():
                return future.result()
            self.until(lambda: time.monotonic() < end, 0.0, f"answer of {name}")

    def insist(self, name: str, who: str, seconds: float) -> None:
        """Call a std_srvs/Trigger service until it succeeds: it may wait for a robot that still sways.

        Raises DexSim2RealError after `seconds`, with what `who` has said last.
        """
        end = time.monotonic() + seconds
        while not (answer := self.call(name, seconds)).success:
            if time.monotonic() > end:
                raise DexSim2RealError(f"{who} says: {answer.message}")
            self.spin(PAUSE)
