"""Asks a model, through any OpenAI-compatible endpoint: bad answers are asked for again, good ones kept."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.optional import require
from dexsim2real_description.writing import whole_file
from dexsim2real_dr.errors import ChatError

LONGEST_PAUSE = 60.0
"""Between two attempts [s]."""
Message = dict[str, Any]
T = TypeVar("T")


def check_endpoint(endpoint: str | None, model: str | None) -> None:
    """Raise ChatError if a server is named and none of its models, so that nobody would be asked."""
    if endpoint is not None and model is None:
        raise ChatError("an endpoint needs the name of a model; say --model NAME")


@dataclass(frozen=True)
class ChatConfig:
    """Where the model is and what it may cost."""

    model: str
    endpoint: str | None = None
    """Address of any OpenAI-compatible server, such as http://localhost:8000/v1; None is OpenAI's own."""
    folder: Path = Path("runs/chat")
    """Answers are kept here, so that no question is paid twice, and every request is logged in queries.jsonl."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable with the key; a local server takes any text."""
    timeout: float = 60.0
    """Of one request [s]."""
    attempts: int = 5
    """Requests per question before it counts as failed."""
    backoff: float = 1.0
    """Pause after the first failed request [s]; doubles with each."""
    max_requests: int = 1000
    """Cap of this run; failed requests count too."""
    max_tokens: int = 5_000_000
    """Cap of this run, as the server counts them."""
    price: tuple[float, float] = (0.0, 0.0)
    """Of a million tokens of questions, and of answers, in any currency."""
    max_money: float = float("inf")
    """Cap of this run, in that currency."""

    def __post_init__(self) -> None:
        if not (min(self.price) >= 0 and self.max_money > 0):
            raise ChatError(f"prices {self.price}, cap of money {self.max_money:g}; expected 0 or more, more than 0")
        if not (self.attempts >= 1 and self.timeout > 0 and self.backoff >= 0):
            raise ChatError(
                f"attempts {self.attempts}, timeout {self.timeout:g} s, backoff {self.backoff:g} s; expected 1 or "
                "more, more than 0, 0 or more"
            )


class Chat:
    """One model and the answers it has given."""

    def __init__(self, config: ChatConfig) -> None:
        """Raises ChatError without a key or a folder for answers, DexSim2RealError without the package openai."""
        self._openai = require("openai", "dr")
        key = os.environ.get(config.key_variable)
        if not key:
            raise ChatError(
                f"no key for the model: set {config.key_variable} in the environment (any text for a local server)"
            )
        self.config = config
        self._client = self._openai.OpenAI(api_key=key, base_url=config.endpoint, timeout=config.timeout, max_retries=0)
        self._store = AnswerStore(config.folder)
        self.requests = 0
        """Sent in this run."""
        self.tokens = 0
        """Used in this run, as the server counts them."""
        self.money = 0.0
        """Spent in this run, by the prices of the settings."""
        self.complaint = ""
        """What was wrong with the last answer that was refused."""

    def ask(self, messages: Sequence[Message], parse: Callable[[str], T], explain: bool = False) -> T | None:
        """The answer as `parse` reads it, which raises ValueError or DexSim2RealError for one that is not valid.

        None if the answers stayed invalid. With `explain`, the model is told what was wrong before it tries again.
        What was answered before is not asked. Raises ChatError for an endpoint that is dead or refuses, and at the
        cap of requests or tokens.
        """
        key = self._store.key(self.config.model, messages)
        known = self._store.get(key)
        if known is not None and (answer := self._parsed(known, parse)) is not None:
            return answer
        chat = list(messages)
        for attempt in range(self.config.attempts):
            if attempt:
                time.sleep(min(self.config.backoff * 2 ** (attempt - 1), LONGEST_PAUSE))
            text, answer = self._request(key, chat, parse, last=attempt == self.config.attempts - 1)
            if text is not None and answer is not None:
                self._store.put(key, text)
                return answer
            if explain and text is not None:
                chat += [
                    {"role": "assistant", "content": text},
                    {"role": "user", "content": f"That is not valid: {self.complaint}. Answer again, corrected."},
                ]
        return None

    def _parsed(self, text: str, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(text)
        except (ValueError, DexSim2RealError) as error:
            self.complaint = " ".join(str(error).split())
            return None

    def _request(
        self, key: str, chat: list[Message], parse: Callable[[str], T], last: bool
    ) -> tuple[str | None, T | None]:
        """One request: what came back, and as `parse` reads it; None for what did not come or is not valid."""
        self._check_caps()
        self.requests += 1
        begin, tokens, openai = time.perf_counter(), 0, self._openai
        text = answer = None
        try:
            reply = self._client.chat.completions.create(
                model=self.config.model, messages=chat, temperature=0, response_format={"type": "json_object"}
            )
            tokens = reply.usage.total_tokens if reply.usage else 0
            self.money += self._cost(reply.usage)
            text = reply.choices[0].message.content or ""
            answer = self._parsed(text, parse)
            outcome = "invalid answer" if answer is None else "ok"
        except openai.APITimeoutError:
            outcome = "timeout"
        except openai.APIConnectionError as error:
            outcome = "no connection"
            if last:
                raise ChatError(self._trouble(f"cannot be reached ({error.__cause__ or error})")) from error
        except openai.APIStatusError as error:
            outcome = f"status {error.status_code}"
            if error.status_code not in (408, 409, 429) and error.status_code < 500:
                raise ChatError(self._trouble(f"refuses: {error.message}")) from error
        except (openai.APIResponseValidationError, ValueError, IndexError, AttributeError, TypeError):
            outcome = "invalid answer"  # of a server that does not keep to the protocol
        finally:
            self.tokens += tokens
        self._store.log(key, outcome, time.perf_counter() - begin, tokens)
        return text, answer

    def _cost(self, usage: Any) -> float:
        """Of one reply; nothing if the server does not count."""
        asked, answered = self.config.price
        return (usage.prompt_tokens * asked + usage.completion_tokens * answered) / 1e6 if usage else 0.0

    def _check_caps(self) -> None:
        for what, used, cap in (
            ("requests", self.requests, self.config.max_requests),
            ("tokens", self.tokens, self.config.max_tokens),
            ("units of money", self.money, self.config.max_money),
        ):
            if used >= cap:
                raise ChatError(f"the cap of {cap:g} {what} is reached; raise it and run again, answers are kept")

    def _trouble(self, what: str) -> str:
        server = self.config.endpoint or "the default endpoint"
        return f"{server} {what}; check address, model {self.config.model!r} and key, then run again"


class AnswerStore:
    """A file per answer, named by the content of the question; a line of the log per request. Holds no keys."""

    def __init__(self, folder: Path) -> None:
        """Raises ChatError if the folder cannot be made."""
        self._folder = folder / "answers"
        self._log = folder / "queries.jsonl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ChatError(f"cannot keep answers in {folder}: {error.strerror}; choose another folder") from error

    @staticmethod
    def key(model: str, messages: Sequence[Message]) -> str:
        """Digest of all that an answer depends on."""
        return hashlib.sha256(json.dumps([model, list(messages)], sort_keys=True).encode()).hexdigest()

    def get(self, key: str) -> str | None:
        """The answer to a question that was asked before. An unreadable file is as if it had never been."""
        try:
            return (self._folder / f"{key}.json").read_text()
        except (OSError, UnicodeDecodeError):
            return None

    def put(self, key: str, answer: str) -> None:
        """Keep an answer; whole or not at all. Raises ChatError, since what is paid for must not be lost."""
        file = self._folder / f"{key}.json"
        with whole_file(file, ChatError) as partial:
            partial.write_text(answer)

    def log(self, key: str, outcome: str, seconds: float, tokens: int) -> None:
        """Note one request."""
        entry: dict[str, Any] = {"time": time.time(), "key": key, "outcome": outcome}
        entry |= {"seconds": round(seconds, 3), "tokens": tokens}
        with self._log.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def bare_json(text: str) -> str:
    """What a reply says, without the Markdown fence that it may stand in."""
    return text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
