"""Settings of the vision-language critic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexsim2real_dr.errors import CriticError


@dataclass(frozen=True)
class VlmConfig:
    """Where the model is and what it may cost."""

    model: str
    endpoint: str | None = None
    """Address of any OpenAI-compatible server, such as http://localhost:8000/v1; None is OpenAI's own."""
    folder: Path = Path("runs/vlm")
    """Answers are kept here, so that no pair is paid twice, and every request is logged in queries.jsonl."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable with the key; a local server takes any text."""
    wording: int = 0
    """Which of the three prompts."""
    timeout: float = 60.0
    """Of one request [s]."""
    attempts: int = 5
    """Requests per pair before it counts as failed."""
    backoff: float = 1.0
    """Pause after the first failed request [s]; doubles with each."""
    max_requests: int = 1000
    """Cap of this run; failed requests count too."""
    max_tokens: int = 5_000_000
    """Cap of this run, as the server counts them."""

    def __post_init__(self) -> None:
        if not (0 <= self.wording < 3 and self.attempts >= 1 and self.timeout > 0 and self.backoff >= 0):
            raise CriticError(
                f"wording {self.wording}, attempts {self.attempts}, timeout {self.timeout:g} s, backoff "
                f"{self.backoff:g} s; expected 0 to 2, 1 or more, more than 0, 0 or more"
            )
