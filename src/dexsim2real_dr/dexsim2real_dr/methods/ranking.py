"""Which factors to randomise for a task: ranked by a language model, or by what they change in the pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from dexsim2real_dr.chat import Chat, Message, bare_json
from dexsim2real_dr.critics.image import ImageCritic
from dexsim2real_dr.embedded_simulator import EmbeddedSimulator
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.simulator import Poses
from dexsim2real_sim import PARAMETERS, Uniform, names_of
from dexsim2real_sim.tasks import make_task

FACTORS: tuple[str, ...] = tuple(dict.fromkeys(p.factor for p in PARAMETERS.values()))
VISUAL = ("background", "lighting", "distractors", "camera_pose", "table_height")
"""Those that only change how the cell looks, but for the table's height."""
DRAWS = 24
"""Of each factor's parameters from their manual ranges, where pictures are compared."""
SIZE = (64, 64)
"""Of these pictures [px]."""

_RULES = (
    "A robot arm with a four-fingered hand learns a task in simulation and will do it in reality, from two cameras, "
    "touch sensors and joint readings. Simulator parameters come in factors, which can be randomised in training. Say "
    "of every factor how much the policy gains in reality from randomising it for this task, from 1 (nothing, or it "
    "even harms) to 10 (it will fail without). Answer with one JSON object that fits this schema and nothing else."
)


class Ranked(BaseModel):
    """One factor."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    factor: str
    importance: Annotated[float, Field(ge=1, le=10)]
    reason: Annotated[str, Field(max_length=500)]


class Ranking(BaseModel):
    """What a model is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    factors: list[Ranked]


def asked_ranking(task: str, chat: Chat) -> list[Ranked]:
    """What the model says of every factor, the most important first.

    Raises UnknownNameError for a task, ChatError as `Chat.ask`, SearchError if the answers stayed invalid.
    """
    found = chat.ask(question(task), parse_ranking, explain=True)
    if found is None:
        raise SearchError(
            f"the model gave no valid ranking ({chat.complaint}); try another, or none for what changes the pictures"
        )
    return found


def question(task: str) -> list[Message]:
    """What the model is asked."""
    lines = [f"- {factor}: " + "; ".join(PARAMETERS[name].meaning for name in names_of([factor])) for factor in FACTORS]
    about = f"Task {task}: {make_task(task).instruction}\n\nFactors and their parameters:\n" + "\n".join(lines)
    schema = json.dumps(Ranking.model_json_schema())
    return [{"role": "system", "content": f"{_RULES}\n{schema}"}, {"role": "user", "content": about}]


def parse_ranking(text: str) -> list[Ranked]:
    """The ranking in a reply. Raises ValueError or SearchError for a factor that is missing, unknown or there twice."""
    factors = Ranking.model_validate_json(bare_json(text)).factors
    if sorted(each.factor for each in factors) != sorted(FACTORS):
        raise SearchError(
            f"factors are {', '.join(e.factor for e in factors)}; expected each once: {', '.join(FACTORS)}"
        )
    return _sorted(factors)


def measured_ranking(task: str, factors: Sequence[str] = VISUAL) -> list[Ranked]:
    """Factors by how far draws of each alone take the pictures from the nominal ones, the largest 10.

    By the image critic's statistics, so of visual factors only. Raises SimError without OpenGL.
    """
    distances = [_distance(task, factor) for factor in factors]
    return _sorted(
        [
            Ranked(
                factor=factor,
                importance=float(1 + 9 * distance / max(distances)),
                reason=f"draws change the pictures' statistics by {distance:.1f} times what does not matter",
            )
            for factor, distance in zip(factors, distances, strict=True)
        ]
    )


def _distance(task: str, factor: str) -> float:
    names = names_of([factor])
    values = Uniform(names).sample(np.random.default_rng(0), DRAWS)
    nominal = np.array([PARAMETERS[name].nominal for name in names])
    with closing(EmbeddedSimulator(Poses(task, 1), names, SIZE)) as simulator:
        differences = ImageCritic().score(simulator.observe(values), simulator.pictures(nominal)).differences
    assert differences is not None  # noqa: S101  (the image critic measures)
    return float(differences.distances.mean())


def _sorted(factors: Sequence[Ranked]) -> list[Ranked]:
    return sorted(factors, key=lambda each: -each.importance)
