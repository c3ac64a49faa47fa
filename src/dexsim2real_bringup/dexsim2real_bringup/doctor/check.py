"""A check, what it found, and how a list of them is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dexsim2real_description import DexSim2RealError

Purpose = Literal["simulation", "robot", "offline"]
"""What needs it: the simulated loop, the real robot, or training, identification and audits."""


@dataclass(frozen=True)
class DoctorOptions:
    """What to look at."""

    folder: Path = Path()
    """Where runs and recordings will be written."""
    policy: str = "hold"
    """A policy artifact's folder, or the name of a built-in policy."""
    arm: str = "panda"
    hand: str = "v4"
    touch: str = "grid15"
    can: str = "can0"
    """CAN interface of the hand."""
    xela: str = "ws://127.0.0.1:5000"
    """Address of the XELA server."""


@dataclass(frozen=True)
class Result:
    """What a check found. An error says what does not work, a warning what may not; both say what to do."""

    found: str = ""
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """In a word."""
        return "missing" if self.errors else "warning" if self.warnings else "ready"


@dataclass(frozen=True)
class Check:
    """One question about the machine."""

    name: str
    purpose: Purpose
    ask: Callable[[DoctorOptions], Result]

    def run(self, options: DoctorOptions) -> Result:
        """Ask; a question that cannot even be asked has its reason for an error."""
        try:
            return self.ask(options)
        except DexSim2RealError as error:
            return Result(errors=(str(error),))
        except Exception as error:  # a doctor examines broken machines
            return Result(errors=(f"the check itself failed: {error!r}",))


def examine(checks: Iterable[Check], options: DoctorOptions) -> Iterator[tuple[Check, Result]]:
    """Run checks in their order."""
    for check in checks:
        yield check, check.run(options)


def ready_for_simulation(results: Iterable[tuple[Check, Result]]) -> bool:
    """Whether nothing is missing that the simulated loop needs."""
    return not any(result.errors for check, result in results if check.purpose == "simulation")
