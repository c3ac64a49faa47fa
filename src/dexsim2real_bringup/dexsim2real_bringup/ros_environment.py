"""The environment in which every process of the graph runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_CONFIG = Path(__file__).parent / "config"
FASTDDS_PROFILE = _CONFIG / "fastdds.xml"
"""Shared memory that holds images, and discovery that does not stall."""

_IMAGES = {"FASTDDS_DEFAULT_PROFILES_FILE": str(FASTDDS_PROFILE), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
_NO_IMAGES = {
    "FASTDDS_DEFAULT_PROFILES_FILE": str(_CONFIG / "fastdds_loopback.xml"),
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "SYSTEM_DEFAULT",  # the profile keeps to this machine; LOCALHOST would put
    # shared memory back
}


def ros_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """`base` (this process's environment if None) with what the graph needs; what is set already stays."""
    return {**_IMAGES, **(os.environ if base is None else base)}


def transport(images: bool, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The part of the environment that depends on whether images pass through a process.

    A process that is killed while it writes to or reads from shared memory leaves a lock behind, on which its peers
    hang for seconds (measured). So only images go that way. Where `base` (this process's environment if None) asks
    for a transport or a range of its own, that stays.
    """
    base = os.environ if base is None else base
    own = {name: base.get(name, value) for name, value in _IMAGES.items()}
    if own not in (_IMAGES, _NO_IMAGES):
        return own
    return _IMAGES if images else _NO_IMAGES


def apply_ros_environment(images: bool = True) -> None:
    """Give this process the environment of the graph; before `rclpy.init`, and the first time counts."""
    os.environ.update(transport(images))
