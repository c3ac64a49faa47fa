"""A language model splits a task into sub-skills; what it says counts only if it is a valid decomposition."""

from __future__ import annotations

import inspect
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from dexsim2real_dr.chat import Chat, Message, bare_json
from dexsim2real_dr.curriculum.decomposition import Decomposition, SubSkill
from dexsim2real_dr.errors import CurriculumError
from dexsim2real_sim.tasks import Task, make_task

_RULES = """\
Split the task into 2 to 6 sub-skills in the order in which they are done, so that each is easy to learn once the one \
before it has succeeded. For each say when it has succeeded, as conditions on the features below, all of which must \
hold at once, if need be for some time (hold, in seconds). Choose thresholds that a clumsy but sensible motion meets. \
A condition compares what is taken of a feature (take) with a value in a unit that fits: at_least, at_most, or about \
with a tolerance. Of a feature with several numbers or vectors all must hold, or a number of them (items). The last \
sub-skill ends in the task's own goal.
Each sub-skill is first practised from starts that the simulator makes: the task's starts between two difficulties \
(starts), the easier one first. What they look like is said below. The first sub-skill must reach difficulty 1; the \
last ones belong near 0, where little is missing.
Answer with one JSON object that fits this schema and nothing else."""


class Proposal(BaseModel):
    """What a model is asked for."""

    model_config = ConfigDict(extra="forbid")

    skills: Annotated[tuple[SubSkill, ...], Field(min_length=1, max_length=8)]


def propose(task: str, chat: Chat) -> Decomposition:
    """The decomposition that the model proposes.

    Raises UnknownNameError for a task that does not exist, ChatError as `Chat.ask` does, and CurriculumError if the
    model's answers stayed invalid.
    """
    source = chat.config.model

    def parse(text: str) -> Decomposition:
        skills = Proposal.model_validate_json(bare_json(text)).skills
        found = Decomposition(task=task, source=source, skills=skills)
        found.check()
        return found

    found = chat.ask(messages(make_task(task)), parse, explain=True)
    if found is None:
        raise CurriculumError(
            f"{source} gave no valid decomposition of {task} in {chat.config.attempts} attempts ({_short(chat)}); try "
            "another model, or leave out --endpoint and --model for the reference"
        )
    return found


def messages(task: Task) -> list[Message]:
    """The question: rules, schema, task and features."""
    features = "\n".join(
        f"- {name}: {info.meaning} [{info.unit}]" + (f", shape {list(info.shape)}" if info.shape else "")
        for name, info in task.feature_infos.items()
    )
    about = (
        f"Task {task.name}: {task.instruction}\nA robot arm with a four-fingered hand does it.\n"
        f"{inspect.getdoc(type(task))}\n\nFeatures of one moment:\n{features}"
    )
    schema = json.dumps(Proposal.model_json_schema())
    return [{"role": "system", "content": f"{_RULES}\n{schema}"}, {"role": "user", "content": about}]


def _short(chat: Chat) -> str:
    """Why the last answer was refused."""
    return chat.complaint[:300] or "no answer came"
