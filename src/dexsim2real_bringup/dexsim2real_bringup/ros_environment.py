"""The environment in which every process of the graph runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FASTDDS_PROFILE = Path(__file__).parent / "config" / "fastdds.xml"
"""Shared memory that holds images, and discovery that does not stall."""


def ros_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """`base` (this process's environment if None) with what the graph needs; what is set already stays."""
    defaults = {
        "FASTDDS_DEFAULT_PROFILES_FILE": str(FASTDDS_PROFILE),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }
    return {**defaults, **(os.environ if base is None else base)}


def apply_ros_environment() -> None:
    """Give this process that environment; before `rclpy.init`."""
    os.environ.update(ros_environment())
