"""``dr rank``: which factors to randomise for a task."""

from __future__ import annotations

from pathlib import Path

from dexsim2real_bringup.cli.dr import known_task, say
from dexsim2real_bringup.cli.tables import Cell, show
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.chat import Chat, ChatConfig, check_endpoint
from dexsim2real_dr.methods.ranking import asked_ranking, measured_ranking


def rank(
    task: str = "pick_place",
    endpoint: str | None = None,
    model: str | None = None,
    first: int = 3,
    answers: Path = Path("runs/dr_rank"),
    json: Path | None = None,
) -> None:
    """Rank the factors by what a policy gains from randomising them, as a language model sees it.

    Without a model, visual factors are ranked by how much they change the pictures, which says less, and the table's
    title says so.

    Args:
        task: for which policy.
        endpoint: address of an OpenAI-compatible server for the model.
        model: its name there; the key is taken from OPENAI_API_KEY.
        first: so many factors are named for `dr run --factors`.
        answers: folder that keeps what the model answered, so that nothing is paid twice.
        json: write the table to this file as well.
    """
    check_endpoint(endpoint, model)
    if first < 1:
        raise DexSim2RealError(f"--first is {first}; it must be 1 or more")
    known_task(task)
    if model is None:
        found, origin = measured_ranking(task), "by what they change in the pictures; no model was asked (--model NAME)"
    else:
        found, origin = asked_ranking(task, Chat(ChatConfig(model, endpoint, answers))), f"by {model}"
    rows: list[dict[str, Cell]] = [
        {"factor": each.factor, "importance, 1 to 10": each.importance, "why": each.reason} for each in found
    ]
    show(f"Factors for {task}, {origin}", rows, json)
    say(f"dexsim2real dr run --task {task} --factors {' '.join(each.factor for each in found[:first])}")
