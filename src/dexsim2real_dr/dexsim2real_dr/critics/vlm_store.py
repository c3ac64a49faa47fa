"""What a model has answered and what it was asked, on disk."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from dexsim2real_dr.critics.vlm_prompt import Rating
from dexsim2real_dr.errors import CriticError


class AnswerStore:
    """A file per answer, named by the content of the question; a line of the log per request. Holds no keys."""

    def __init__(self, folder: Path) -> None:
        """Raises CriticError if the folder cannot be made."""
        self._folder = folder / "answers"
        self._log = folder / "queries.jsonl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CriticError(f"cannot keep answers in {folder}: {error.strerror}; choose another folder") from error

    @staticmethod
    def key(model: str, prompt: str, reference: bytes, candidate: bytes) -> str:
        """Digest of all that an answer depends on."""
        parts = (model.encode(), prompt.encode(), reference, candidate)
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def get(self, key: str) -> Rating | None:
        """The answer to a question that was asked before. A damaged file is as if it had never been."""
        try:
            return Rating.model_validate_json((self._folder / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None

    def put(self, key: str, rating: Rating) -> None:
        """Keep an answer; whole or not at all. Raises CriticError, since what is paid for must not be lost."""
        file = self._folder / f"{key}.json"
        partial = file.with_suffix(".partial")
        try:
            partial.write_text(rating.model_dump_json() + "\n")
            partial.replace(file)
        except OSError as error:
            raise CriticError(f"cannot keep the answer {file}: {error.strerror}; make room and run again") from error

    def log(self, key: str, outcome: str, seconds: float, tokens: int) -> None:
        """Note one request."""
        entry: dict[str, Any] = {"time": time.time(), "key": key, "outcome": outcome}
        entry |= {"seconds": round(seconds, 3), "tokens": tokens}
        with self._log.open("a") as file:
            file.write(json.dumps(entry) + "\n")
