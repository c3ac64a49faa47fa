"""The driver of an Allegro Hand over CAN."""

from __future__ import annotations

from dataclasses import asdict

from dexsim2real_description import HAND_JOINTS
from dexsim2real_hw.allegro.bus import HandBus
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.allegro.session import switch_off
from dexsim2real_hw.device import DeviceDriver
from dexsim2real_hw.driver import Features


def allegro_hand(config: AllegroConfig | None = None) -> DeviceDriver:
    """A driver for the hand of the configuration; nothing is opened yet."""
    config = config or AllegroConfig()
    hand = config.hand_type()
    features = Features(
        name=f"Allegro {hand.name} on {config.channel if config.interface != 'standin' else 'a stand-in'}",
        joints=HAND_JOINTS,
        limits=hand.limits,
        rate=1000 / hand.period_ms,
        effort="commanded",
    )
    return DeviceDriver(features, "allegro", asdict(config), last_resort=lambda: release(config))


def release(config: AllegroConfig) -> None:
    """Switch a hand off whose control loop died without doing it. Raises UnsafeError if that fails."""
    if config.interface == "standin":
        return  # it died with its loop
    bus = HandBus.open(config.interface, config.channel)
    try:
        switch_off(bus, config.hand_type())
    finally:
        bus.close()
