"""Precedence of processes that must not wait for others."""

from __future__ import annotations

import logging
import os
from pathlib import Path

DEVICE, GATE, ROBOT = 80, 70, 60
"""Real-time priorities of a device's control loop, the safety gate, and the robot's node (SCHED_FIFO, 1 to 99)."""

log = logging.getLogger(__name__)


def become_urgent(priority: int) -> bool:
    """Ask for real-time scheduling of all threads of this process; without the right to it, say so and go on.

    Threads that are made later inherit it. The right comes from `rtprio` in `/etc/security/limits.d`, see
    docs/hardware.md.
    """
    try:
        for thread in Path("/proc/self/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        log.warning("no right to real-time scheduling (rtprio): this process may be late under load")
        return False
    return True
