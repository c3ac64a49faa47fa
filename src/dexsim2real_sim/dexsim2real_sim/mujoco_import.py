"""Imports MuJoCo before anything else does, with MUJOCO_GL hidden.

Where that variable is set, the import loads the OpenGL library it names and ends in a traceback if there is none. So
hidden, a missing library is told of where images are asked for (`render_context`), and all else works without.
"""

import os

_wanted = os.environ.pop("MUJOCO_GL", None)
import mujoco  # noqa: E402, F401

if _wanted is not None:
    os.environ["MUJOCO_GL"] = _wanted
