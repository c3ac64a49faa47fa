"""Checks of the machine itself: Python, disk, memory shared between processes, real-time rights."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path

from dexsim2real_bringup.doctor.check import DoctorOptions, Result

PYTHON = ((3, 11), (3, 14))
"""From the first version on, below the second."""
DISK = 3.0
"""What the demo writes is 2 [GiB]."""
ROOM = 10.0
"""For recordings of one's own [GiB]."""
SHARED = 0.25
"""Of shared memory: a 16 MiB segment for each of up to ten nodes [GiB]."""
PROCESSORS = 2
SHM = Path("/dev/shm")  # noqa: S108  (the kernel's, not a file of ours)
_GIB = 2**30


def python(_: DoctorOptions) -> Result:
    """Whether this Python is one that all packages have."""
    version = sys.version.split()[0]
    low, high = (".".join(map(str, bound)) for bound in PYTHON)
    if not PYTHON[0] <= sys.version_info[:2] < PYTHON[1]:
        return Result(version, errors=(f"Python {low} or later, below {high}, is needed",))
    return Result(version)


def processors(_: DoctorOptions) -> Result:
    """Whether the graph has processors enough."""
    count, load = os.cpu_count() or 1, os.getloadavg()[0]
    found = f"{count} processors, load average {load:.1f}"
    if count < PROCESSORS:
        return Result(found, warnings=(f"the simulated graph with both cameras needs {PROCESSORS} processors",))
    if load > count:
        return Result(found, warnings=("the machine is busy: the simulator may not keep real time",))
    return Result(found)


def disk(options: DoctorOptions) -> Result:
    """Whether there is room, and the right to write."""
    wanted = options.folder.resolve()
    folder = next(each for each in (wanted, *wanted.parents) if each.exists())
    if problem := _unwritable(folder):
        return Result(str(folder), errors=(f"{folder} cannot be written to ({problem}); choose another folder",))
    free = shutil.disk_usage(folder).free / _GIB
    found = f"{folder}: {free:.1f} GiB free"
    if free < DISK:
        text = f"less than {DISK:g} GiB: the demo writes 2; make room, or choose a folder on another disk"
        return Result(found, errors=(text,))
    if free < ROOM:
        return Result(found, warnings=(f"less than {ROOM:g} GiB: a recording takes 3.4 GiB a minute",))
    return Result(found)


def temporary(_: DoctorOptions) -> Result:
    """Whether there is a folder for temporary files."""
    try:
        return Result(tempfile.gettempdir())
    except OSError as error:
        return Result(errors=(f"{error.strerror}; set TMPDIR to a folder that you may write to",))


def _unwritable(folder: Path) -> str:
    """Why nothing can be written there, found by trying; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"doctor")
    except OSError as error:
        return error.strerror or str(error)
    return ""


def shared_memory(_: DoctorOptions) -> Result:
    """Whether images can pass between processes."""
    if problem := _unwritable(SHM):
        return Result(errors=(f"{SHM} cannot be written to ({problem}); mount a tmpfs there, images pass through it",))
    free = shutil.disk_usage(SHM).free / _GIB
    left = len(list(SHM.glob("fast*_*")))  # fastrtps before Fast DDS 3, then fastdds
    found = f"{free:.1f} GiB free, {left} segments"
    if free < SHARED:
        return Result(found, errors=(f"{SHM} has less than {SHARED:g} GiB; in a container: --shm-size=1g",))
    if left > 100:
        return Result(found, warnings=("many segments of nodes that were killed; remove them: fastdds shm clean",))
    return Result(found)


def realtime(_: DoctorOptions) -> Result:
    """Whether the arm's 1 kHz loop would be served in time."""
    kernel = Path("/sys/kernel/realtime")
    fully = kernel.is_file() and kernel.read_text().strip() == "1"
    priority, _hard = resource.getrlimit(resource.RLIMIT_RTPRIO)
    errors = []
    if not fully:
        errors.append("the kernel is not PREEMPT_RT; libfranka asks for one")
    if priority == 0 and os.geteuid() != 0:
        errors.append("no right to real-time priority; add 'rtprio 99' for your group to /etc/security/limits.conf")
    return Result(f"{os.uname().release}, rtprio {priority}", errors=tuple(errors))


def can(options: DoctorOptions) -> Result:
    """Whether the hand's CAN interface is there and up."""
    interface = Path("/sys/class/net") / options.can
    if not interface.exists():
        return Result(errors=(f"there is no interface {options.can}; connect the adapter, or choose with --can",))
    state = (interface / "operstate").read_text().strip()
    if state != "up" and state != "unknown":  # virtual ones do not know
        up = f"sudo ip link set {options.can} up type can bitrate 1000000"
        return Result(f"{options.can} is {state}", errors=(f"{options.can} is {state}; bring it up: {up}",))
    return Result(f"{options.can} is {state}")
