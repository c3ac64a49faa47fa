"""Checks of what is connected: cameras and the touch server."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from dexsim2real_bringup.doctor.check import DoctorOptions, Result
from dexsim2real_description import CAMERAS
from dexsim2real_description.optional import require

PATIENCE = 0.5
"""For a server to accept a connection [s]."""


def cameras(_: DoctorOptions) -> Result:
    """Whether both RealSense cameras are connected."""
    library = require("pyrealsense2", "camera", "on Debian and Ubuntu: sudo apt-get install libusb-1.0-0")
    found = [device.get_info(library.camera_info.serial_number) for device in library.context().query_devices()]
    if len(found) < len(CAMERAS):
        text = f"{len(found)} RealSense cameras found, {len(CAMERAS)} are needed; connect them to USB 3 ports"
        return Result(", ".join(found), errors=(text,))
    return Result(", ".join(found))


def touch_server(options: DoctorOptions) -> Result:
    """Whether something listens where the XELA server should."""
    address = urlsplit(options.xela)
    if address.hostname is None or address.port is None:
        return Result(errors=(f"{options.xela!r} is no address; expected something like ws://127.0.0.1:5000",))
    try:
        socket.create_connection((address.hostname, address.port), PATIENCE).close()
    except OSError as error:
        return Result(errors=(f"no XELA server at {options.xela} ({error.strerror or error}); start xela_server",))
    return Result(f"a server at {options.xela}")
