"""Asks a vision-language model, through any OpenAI-compatible endpoint, how real pictures look."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.chat import Chat
from dexsim2real_dr.critics.critic import Critic, Evidence, Scores
from dexsim2real_dr.critics.vlm_config import VlmConfig
from dexsim2real_dr.critics.vlm_prompt import PROMPTS, messages, parse_rating, strip_png


class VlmCritic(Critic):
    """One question per candidate: a strip of the references and a strip of its pictures.

    Where the references have a film, and so two more strips: frames over time of both.
    """

    def __init__(self, config: VlmConfig) -> None:
        """Raises ChatError without a key, DexSim2RealError without the package openai."""
        self.config = config
        self._chat = Chat(config)

    @property
    def name(self) -> str:
        """The model and the wording."""
        return f"vlm {self.config.model}" + (f" wording {self.config.wording}" if self.config.wording else "")

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate; nan for one whose answers stayed invalid. What was answered before is not asked.

        Raises ChatError for an endpoint that is dead or refuses, and at the cap of requests or tokens; answers
        until then are kept.
        """
        begin, before = time.perf_counter(), self._chat.requests
        values, rationale = [], []
        for candidate in candidates:
            films = [references.film, candidate.film] if len(references.film) else []
            chat = messages(
                PROMPTS[self.config.wording], *map(strip_png, [references.images, candidate.images, *films])
            )
            rating = self._chat.ask(chat, parse_rating)
            values.append(np.nan if rating is None else rating.score)
            rationale.append("no valid answer" if rating is None else rating.rationale)
        paid = self._chat.requests - before
        return Scores(np.array(values), tuple(rationale), paid, time.perf_counter() - begin)
