"""Precedence of processes that must not wait for others."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEVICE, GATE, ROBOT, LEADER = 80, 70, 60, 50
"""Real-time priorities of a device's control loop, the safety gate, the robot's node, and who leads the robot along a
planned motion (SCHED_FIFO, 1 to 99)."""

log = logging.getLogger(__name__)


def become_urgent(priority: int) -> bool:
    """Ask for real-time scheduling of all threads of this process; without the right to it, say so and go on.

    Threads that are made later inherit it. The right comes from `rtprio` in `/etc/security/limits.d`, see
    docs/hardware.md.
    """
    try:
        _schedule(os.SCHED_FIFO, priority)
    except PermissionError:
        log.warning("no right to real-time scheduling (rtprio): this process may be late under load")
        return False
    return True


@contextmanager
def urgent(priority: int) -> Iterator[None]:
    """The same for a while: afterwards the process is scheduled as any other."""
    urgently = become_urgent(priority)
    try:
        yield
    finally:
        if urgently:
            _schedule(os.SCHED_OTHER, 0)


def _schedule(policy: int, priority: int) -> None:
    for thread in Path("/proc/self/task").iterdir():
        os.sched_setscheduler(int(thread.name), policy, os.sched_param(priority))
