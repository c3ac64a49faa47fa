"""Checks of packages: which extras are complete, and ROS."""

from __future__ import annotations

import importlib.util
import os
import re
import socket
from collections.abc import Iterable
from importlib import metadata

from dexsim2real_bringup.doctor.check import DoctorOptions, Result
from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.ros_environment import FASTDDS_PROFILE

PROJECT = "dexsim2real"
LIVE = ("ros", "gate", "policy")
"""Extras of the simulated live graph."""
LAST_SAFE_DOMAIN = 101
"""Above it, ports may be taken by other programs on Linux."""
LAST_DOMAIN = 232
FIRST_PORT, PORTS = 7410, 32
"""Of domain 0, for discovery, one for each process, every second one (RTPS 9.6.1.1); a domain begins 250 later."""
NEEDED_PORTS = 16
"""A graph with recorder, policy and consoles has a dozen processes."""
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"](\w+)['\"])?")


def extras(lines: Iterable[str]) -> dict[str, list[str]]:
    """Packages by extra, from the requirements in the project's metadata; those of the core are under ""."""
    found: dict[str, list[str]] = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match and match[1].lower() != PROJECT:
            found.setdefault(match[2] or "", []).append(match[1])
    return found


def missing(names: Iterable[str]) -> list[str]:
    """Those of these packages that are not installed."""
    absent = []
    for name in names:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            absent.append(name)
    return absent


def live_packages(_: DoctorOptions) -> Result:
    """Whether everything for the simulated live graph is installed."""
    known = extras(metadata.requires(PROJECT) or ())
    errors = []
    for extra in ("", *LIVE):
        if extra == "ros" and importlib.util.find_spec("rclpy") is not None:
            continue  # a ROS installation serves as well as the wheels
        if absent := missing(known.get(extra, ())):
            what = f"{PROJECT}[{extra}]" if extra else PROJECT
            errors.append(f"{', '.join(absent)} not installed; install with: pip install '{what}'")
    return Result(f"core and extras {', '.join(LIVE)}", errors=tuple(errors))


def other_packages(_: DoctorOptions) -> Result:
    """Which of the other extras are complete."""
    known = extras(metadata.requires(PROJECT) or ())
    others = sorted(set(known) - {"", "all", "dev", *LIVE})
    absent = {extra: gone for extra in others if (gone := missing(known[extra]))}
    complete = ", ".join(extra for extra in others if extra not in absent)
    hints = tuple(
        f"{extra}: {', '.join(gone)} not installed; pip install '{PROJECT}[{extra}]'" for extra, gone in absent.items()
    )
    return Result(f"extras {complete}", warnings=hints)


def ros(_: DoctorOptions) -> Result:
    """Which ROS there is."""
    if importlib.util.find_spec("rclpy") is None:
        return Result(errors=(f"no rclpy; source a ROS installation, or: pip install '{PROJECT}[ros]'",))
    distribution = os.environ.get("ROS_DISTRO")
    found = f"installation of {distribution}" if distribution else "wheels, no installation"
    launch = "with launch" if importlib.util.find_spec("launch") is not None else "without launch: use dexsim2real up"
    if not FASTDDS_PROFILE.is_file():
        return Result(found, errors=(f"{FASTDDS_PROFILE} is missing; install {PROJECT} again",))
    return Result(f"{found}, {launch}")


def domain(_: DoctorOptions) -> Result:
    """Whether the ROS domain is a good one, and free."""
    text = os.environ.get("ROS_DOMAIN_ID", "0")
    if not text.isdigit() or int(text) > LAST_DOMAIN:
        return Result(errors=(f"ROS_DOMAIN_ID is {text!r}, expected a number up to {LAST_SAFE_DOMAIN}",))
    domain, errors = int(text), []
    free = sum(map(_is_free, range(FIRST_PORT + 250 * domain, FIRST_PORT + 250 * domain + 2 * PORTS, 2)))
    if free < NEEDED_PORTS:
        errors.append(f"{PORTS - free} of its {PORTS} UDP ports are in use; choose another ROS_DOMAIN_ID")
    running = sorted(set(_nodes()) & {node.name for node in graph("sim", GraphOptions())})
    if running:
        errors.append(f"a graph runs here already ({', '.join(running)}); end it, or choose another ROS_DOMAIN_ID")
    high = f"ROS_DOMAIN_ID above {LAST_SAFE_DOMAIN}: its ports may be taken by other programs"
    return Result(f"domain {text}", tuple(errors), (high,) if domain > LAST_SAFE_DOMAIN else ())


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(("", port))
        except OSError:
            return False
    return True


def _nodes() -> list[str]:
    from dexsim2real_bringup.ros_session import RosSession

    with RosSession("doctor") as session:
        session.spin(0.5)  # what runs answers the first announcement
        names: list[str] = session.node.get_node_names()
    return names
