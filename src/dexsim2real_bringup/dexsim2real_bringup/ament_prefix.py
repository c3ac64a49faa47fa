"""Makes packages that pip installed known to `launch`, which looks for nodes where colcon puts them."""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from dexsim2real_bringup.graph import NodeSpec

INDEX = Path("share", "ament_index", "resource_index", "packages")
VARIABLE = "AMENT_PREFIX_PATH"


def make_prefix(folder: Path, nodes: Iterable[NodeSpec]) -> None:
    """Fill a folder with a marker for each node's package, and an executable that runs the node's module."""
    for node in nodes:
        marker = folder / INDEX / node.package
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        executable = folder / "lib" / node.package / node.executable
        executable.parent.mkdir(parents=True, exist_ok=True)
        run = shlex.join([sys.executable, "-m", f"{node.package}.{node.executable}"])
        executable.write_text(f'#!/bin/sh\nexec {run} "$@"\n')
        executable.chmod(0o755)


def is_known(node: NodeSpec) -> bool:
    """Whether `launch` finds the node, as after `colcon build`: in the first prefix that has its package."""
    prefixes = [Path(text) for text in os.environ.get(VARIABLE, "").split(os.pathsep) if text]
    first = next((prefix for prefix in prefixes if (prefix / INDEX / node.package).exists()), None)
    return first is not None and (first / "lib" / node.package / node.executable).exists()


def make_known(nodes: Sequence[NodeSpec]) -> None:
    """Put a prefix that has the nodes before the others, unless all of them are known; it goes with this process."""
    if not all(map(is_known, nodes)):
        folder = Path(tempfile.mkdtemp(prefix="dexsim2real_prefix_"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        make_prefix(folder, nodes)
        os.environ[VARIABLE] = os.pathsep.join(filter(None, (str(folder), os.environ.get(VARIABLE))))
