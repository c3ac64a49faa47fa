"""Asks a vision-language model, through any OpenAI-compatible endpoint, how real pictures look."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from dexsim2real_description.optional import require
from dexsim2real_dr.critics.critic import Critic, Evidence, Scores
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.critics.vlm_prompt import PROMPTS, Rating, messages, parse_rating, strip_png
from dexsim2real_dr.critics.vlm_store import AnswerStore
from dexsim2real_dr.errors import CriticError

LONGEST_PAUSE = 60.0
"""Between two attempts [s]."""


class VlmCritic(Critic):
    """One question per candidate: a strip of the references and a strip of its pictures."""

    def __init__(self, config: VlmConfig) -> None:
        """Raises CriticError without a key, DexSim2RealError without the package openai."""
        self._openai = require("openai", "dr")
        key = os.environ.get(config.key_variable)
        if not key:
            raise CriticError(
                f"no key for the model: set {config.key_variable} in the environment (any text for a local server)"
            )
        self.config = config
        self._client = self._openai.OpenAI(api_key=key, base_url=config.endpoint, timeout=config.timeout, max_retries=0)
        self._store = AnswerStore(config.folder)
        self.requests = 0
        """Sent in this run."""
        self.tokens = 0
        """Used in this run, as the server counts them."""

    @property
    def name(self) -> str:
        """The model and the wording."""
        return f"vlm {self.config.model}" + (f" wording {self.config.wording}" if self.config.wording else "")

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate; nan for one whose answers stayed invalid. What was answered before is not asked.

        Raises CriticError for an endpoint that is dead or refuses, and at the cap of requests or tokens; answers
        until then are kept.
        """
        begin, paid = time.perf_counter(), 0
        reference = strip_png(references)
        values, rationale = [], []
        for candidate in candidates:
            rating, asked = self._rate(reference, strip_png(candidate))
            paid += asked
            values.append(np.nan if rating is None else rating.score)
            rationale.append("no valid answer" if rating is None else rating.rationale)
        return Scores(np.array(values), tuple(rationale), paid, time.perf_counter() - begin)

    def _rate(self, reference: bytes, candidate: bytes) -> tuple[Rating | None, int]:
        """The rating, if there is a valid one, and how many requests it took."""
        prompt = PROMPTS[self.config.wording]
        key = self._store.key(self.config.model, prompt, reference, candidate)
        if (known := self._store.get(key)) is not None:
            return known, 0
        chat = messages(prompt, reference, candidate)
        for attempt in range(self.config.attempts):
            if attempt:
                time.sleep(min(self.config.backoff * 2 ** (attempt - 1), LONGEST_PAUSE))
            if (rating := self._ask(key, chat, last=attempt == self.config.attempts - 1)) is not None:
                self._store.put(key, rating)
                return rating, attempt + 1
        return None, self.config.attempts

    def _ask(self, key: str, chat: list[dict[str, Any]], last: bool) -> Rating | None:
        """One request; None if it may be worth another."""
        self._check_caps()
        self.requests += 1
        begin, tokens, openai = time.perf_counter(), 0, self._openai
        rating = None
        try:
            reply = self._client.chat.completions.create(
                model=self.config.model, messages=chat, temperature=0, response_format={"type": "json_object"}
            )
            tokens = reply.usage.total_tokens if reply.usage else 0
            rating = parse_rating(reply.choices[0].message.content or "")
            outcome = "ok"
        except openai.APITimeoutError:
            outcome = "timeout"
        except openai.APIConnectionError as error:
            outcome = "no connection"
            if last:
                raise CriticError(self._trouble(f"cannot be reached ({error.__cause__ or error})")) from error
        except openai.APIStatusError as error:
            outcome = f"status {error.status_code}"
            if error.status_code not in (408, 409, 429) and error.status_code < 500:
                raise CriticError(self._trouble(f"refuses: {error.message}")) from error
        except (openai.APIResponseValidationError, ValueError, IndexError, AttributeError, TypeError):
            outcome = "invalid answer"  # of the model, or of a server that does not keep to the protocol
        finally:
            self.tokens += tokens
        self._store.log(key, outcome, time.perf_counter() - begin, tokens)
        return rating

    def _check_caps(self) -> None:
        for what, used, cap in (
            ("requests", self.requests, self.config.max_requests),
            ("tokens", self.tokens, self.config.max_tokens),
        ):
            if used >= cap:
                raise CriticError(f"the cap of {cap} {what} is reached; raise it and run again, answers are kept")

    def _trouble(self, what: str) -> str:
        server = self.config.endpoint or "the default endpoint"
        return f"{server} {what}; check address, model {self.config.model!r} and key, then run again"
