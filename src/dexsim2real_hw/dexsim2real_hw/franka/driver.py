"""The driver of an FR3."""

from __future__ import annotations

from dataclasses import asdict

from dexsim2real_description import ARM_JOINTS
from dexsim2real_hw.device import DeviceDriver
from dexsim2real_hw.driver import Features
from dexsim2real_hw.franka.bounds import fr3_limits
from dexsim2real_hw.franka.config import FrankaConfig


def franka_arm(config: FrankaConfig | None = None) -> DeviceDriver:
    """A driver for the arm of the configuration; nothing is opened yet."""
    config = config or FrankaConfig()
    features = Features(
        name=f"FR3 at {config.robot_ip}", joints=ARM_JOINTS, limits=fr3_limits(), rate=250.0, effort="measured"
    )
    return DeviceDriver(features, "franka", asdict(config), last_resort=lambda: None)
