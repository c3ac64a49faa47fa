"""The process of one control loop, `python -m dexsim2real_hw.device_process KIND FD CONFIG`; DeviceDriver starts it."""

from __future__ import annotations

import gc
import importlib
import json
import signal
import socket
import sys

from dexsim2real_hw.device import SAFE, SAFE_AFTER_ERROR
from dexsim2real_hw.errors import HardwareError, UnsafeError
from dexsim2real_hw.link import DeviceEnd

LOOPS: dict[str, str] = {"allegro": "dexsim2real_hw.allegro.loop", "franka": "dexsim2real_hw.franka.loop"}
"""Module of each kind. Its `run(end, config)` returns, or raises HardwareError, after it has made the device safe."""

UNSAFE = 1


def main(kind: str, descriptor: int, config: str) -> int:
    """Run the loop until asked to stop; returns the exit status that tells how safe the device is."""
    end = DeviceEnd(socket.socket(fileno=descriptor))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: setattr(end, "stop", True))
    try:
        loop = importlib.import_module(LOOPS[kind])
        gc.freeze()  # what is imported stays: later collections have next to nothing to look at
        loop.run(end, json.loads(config))
    except UnsafeError as error:
        end.report(str(error), {})
        return UNSAFE
    except HardwareError as error:
        end.report(str(error), {})
        return SAFE_AFTER_ERROR
    except Exception as error:  # whatever it was, the driver must learn of it and act
        end.report(f"{type(error).__name__}: {error}", {})
        return UNSAFE
    return SAFE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
