"""What processes cost, from /proc (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """Processor time of a process since it was started, and its memory."""

    at: float
    """[s]"""
    seconds: float
    memory: int
    """Resident [byte]."""

    @classmethod
    def of(cls, pid: int) -> Usage:
        """Now. Raises FileNotFoundError for a process that has gone."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()  # names may hold spaces
        seconds = (int(fields[11]) + int(fields[12])) / _TICKS
        return cls(time.monotonic(), seconds, int(fields[21]) * _PAGE)

    def share_since(self, before: Usage) -> float:
        """Of one processor, since `before`."""
        return (self.seconds - before.seconds) / (self.at - before.at)


def stolen() -> float:
    """Processor time that this machine wanted and its host gave to others, since it was started, all processors [s]."""
    return int(Path("/proc/stat").read_text().split()[8]) / _TICKS


def usages(pids: Mapping[str, int]) -> dict[str, Usage]:
    """Of each process by name."""
    return {name: Usage.of(pid) for name, pid in pids.items()}
