"""The gate's state as words, for /safety_gate/state and /diagnostics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from dexsim2real_hw.gate.readings import Reading
from dexsim2real_hw.gate.state import Counters, GateState


class FiredLimits:
    """Limits that changed commands since the last report: of each, the reading furthest beyond its bound."""

    def __init__(self) -> None:
        self._worst: dict[str, Reading] = {}

    def add(self, fired: Iterable[Reading]) -> None:
        """Take note of one tick."""
        for reading in fired:
            worst = self._worst.get(reading.name)
            if worst is None or reading.margin < worst.margin:
                self._worst[reading.name] = reading

    def take(self) -> list[Reading]:
        """What fired since the last call."""
        found = list(self._worst.values())
        self._worst.clear()
        return found


def describe(
    state: GateState, fired: Iterable[Reading], margins: Iterable[Reading], counters: Counters
) -> dict[str, str]:
    """Keys and values of a status: why it stopped, what fired, every margin, every counter."""
    words = {
        "easing": str(state.easing).lower(),
        "moving": str(state.moving).lower(),
        "cause": "; ".join(map(str, state.cause)),
        "fired": "; ".join(map(str, fired)),
        "rejected": "" if state.rejected is None else str(state.rejected),
    }
    words |= {f"margin {reading.name} {reading.where}": f"{reading.margin:.6g}" for reading in margins}
    return words | {f"count {name}": str(count) for name, count in asdict(counters).items()}


def trial_outcome(event: object) -> bool | None:
    """Whether a trial succeeded, from a decoded message of /trial/event; None if it says nothing of an outcome."""
    outcome = event.get("outcome") if isinstance(event, dict) else None
    return {"success": True, "failure": False}.get(outcome) if isinstance(outcome, str) else None
