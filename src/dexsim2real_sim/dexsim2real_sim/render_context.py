"""An OpenGL context without a display: EGL where its library is installed, else OSMesa."""

from __future__ import annotations

import ctypes
import importlib
import os
from typing import Any

from dexsim2real_sim.errors import SimError

_LIBRARIES = {"egl": "libEGL.so.1", "osmesa": "libOSMesa.so.8"}
INSTALL = "install one, on Debian and Ubuntu: sudo apt-get install libegl1 libgl1 libgl1-mesa-dri"
"""What to do where no library works."""


def open_context(width: int, height: int) -> Any:
    """A context for offscreen images of at most `width` x `height` [px], current in this thread.

    The environment variable MUJOCO_GL (egl, osmesa, glfw) decides where it is set. Raises SimError if there is no
    OpenGL library that works.
    """
    backend = os.environ.get("MUJOCO_GL") or _installed_backend()
    # One software-rendering thread per context is fastest for small images. Both variables are read by the
    # libraries when the first context is made, so setting them here is early enough.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    os.environ["MUJOCO_GL"] = backend
    try:
        context = importlib.import_module(f"mujoco.{backend}").GLContext(width, height)
        context.make_current()
    except Exception as error:  # each library has its own kinds of error
        raise SimError(f"cannot open an offscreen OpenGL context with {backend} ({error}); {INSTALL}") from error
    return context


def _installed_backend() -> str:
    """The first backend whose library loads."""
    for backend, library in _LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            continue
        return backend
    raise SimError(f"rendering needs an OpenGL library, neither {' nor '.join(_LIBRARIES.values())} loads; {INSTALL}")
