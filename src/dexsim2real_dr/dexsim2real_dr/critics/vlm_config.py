"""Settings of the vision-language critic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexsim2real_dr.chat import ChatConfig
from dexsim2real_dr.errors import CriticError


@dataclass(frozen=True)
class VlmConfig(ChatConfig):
    """Which model judges, what it may cost, and how it is asked."""

    folder: Path = Path("runs/vlm")
    """Answers are kept here, so that no pair is paid twice, and every request is logged in queries.jsonl."""
    wording: int = 0
    """Which of the three prompts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.wording < 3:
            raise CriticError(f"wording is {self.wording}; expected 0, 1 or 2")
