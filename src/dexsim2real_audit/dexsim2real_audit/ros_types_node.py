"""Message classes and quality of service for topics that are known only by name and type."""

from __future__ import annotations

import importlib
from typing import Any

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.bags import BagTopic

DEPTH = 1000
"""Messages of a topic that may wait while this process is busy."""
IMAGE_DEPTH = 30
"""The same for images, of which a thousand would be a gigabyte."""


def message_class(name: str) -> Any:
    """The class of a type such as `sensor_msgs/msg/Image`. Raises DexSim2RealError if it is not installed."""
    package, _, message = name.partition("/msg/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), message)
    except (ImportError, AttributeError) as error:
        raise DexSim2RealError(f"message type {name!r} is not installed; install its package") from error


def profile(topic: BagTopic) -> QoSProfile:
    """What the topic's publisher offered, with a long queue and without a deadline."""
    return QoSProfile(
        depth=IMAGE_DEPTH if topic.type.endswith("Image") else DEPTH,
        reliability=QoSReliabilityPolicy.RELIABLE if topic.reliable else QoSReliabilityPolicy.BEST_EFFORT,
        durability=QoSDurabilityPolicy.TRANSIENT_LOCAL if topic.latched else QoSDurabilityPolicy.VOLATILE,
    )
