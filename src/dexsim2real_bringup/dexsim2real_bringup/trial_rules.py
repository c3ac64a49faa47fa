"""The rules of a trial, the same on the live graph and in simulated time."""

from __future__ import annotations

STARTS = 5
"""Of the task, at most, until the robot comes to rest: some draws of object and twin make a finger tremble."""
REST, REST_PATIENCE = 0.15, 10.0
"""Largest joint speed, three quarters of that at which the gate refuses to arm [rad/s]; how long to wait for it [s]."""
VERDICTS = {"success": "", "lost": "lost"}
"""Why a trial is over by what the simulator says of the task: empty after a success, else the failure."""


def why_over(verdict: str | None, stopped: str | None, seconds: float, time_limit: float) -> str | None:
    """Why a trial is over: empty after a success, else the reason of the failure; None while it goes on.

    `verdict` is the referee's answer to the same question, `stopped` what stopped the gate, if anything did.
    """
    if verdict == "":
        return ""
    if stopped is not None:
        return f"the gate stopped: {stopped}"
    if verdict is not None:
        return verdict
    return "time is up" if seconds >= time_limit else None
