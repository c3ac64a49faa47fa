"""DrEureka (Ma et al. 2024): every parameter alone shows where it survives, then a language model picks ranges there.

What the model says is numbers in a schema, checked against the intervals, never code. Without a model the surviving
intervals themselves are the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from dexsim2real_dr.chat import Chat, Message, bare_json
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.methods.intervals import surviving
from dexsim2real_dr.methods.method import Ask
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import AdrBox

Choose = Callable[[AdrBox], AdrBox]
"""From surviving intervals to ranges inside them."""

_QUESTION = (
    "A robot arm with a dexterous hand learns in simulation and will work in reality. Choose from what range each "
    "physics or camera parameter is drawn in training: wide enough that reality is in it, narrow enough that the task "
    "can be learned. Every range must lie inside the interval that is given, in which the simulation is known to stay "
    "plausible with all other parameters nominal. Answer with one JSON object and nothing else, with an entry for "
    'every parameter: {"NAME": {"low": number, "high": number}, ...}. The parameters:\n'
)


class Range(BaseModel):
    """What the model says of one parameter."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    low: float
    high: float


_RANGES = TypeAdapter(dict[str, Range])


def dreureka(names: Sequence[str], ask: Ask, queries: int, seed: int, choose: Choose | None = None) -> AdrBox:
    """The ranges that `choose` picks, or the surviving intervals. Raises SearchError if there are too few queries."""
    box = surviving(names, ask, queries)
    return box if choose is None else choose(box)


def model_choice(chat: Chat) -> Choose:
    """Has a language model pick the ranges."""

    def choose(box: AdrBox) -> AdrBox:
        answer = chat.ask(question(box), lambda text: parse_ranges(text, box), explain=True)
        if answer is None:
            raise SearchError(
                f"the model gave no valid ranges ({chat.complaint}); try another model, or none for the intervals alone"
            )
        return answer

    return choose


def question(box: AdrBox) -> list[Message]:
    """What the model is asked."""
    lines = []
    for name, low, high in zip(box.names, box.low.tolist(), box.high.tolist(), strict=True):
        p = parameter(name)
        lines.append(f"{name}: {p.meaning}; nominal {p.nominal:g} {p.unit}; interval {low:.5g} to {high:.5g} {p.unit}")
    return [{"role": "user", "content": _QUESTION + "\n".join(lines)}]


def parse_ranges(text: str, box: AdrBox) -> AdrBox:
    """The ranges in a reply. Raises ValueError or DexSim2RealError for any that are missing, unknown or outside."""
    ranges = _RANGES.validate_json(bare_json(text))
    if set(ranges) != set(box.names):
        raise SearchError(f"ranges are for {', '.join(ranges)}; expected {', '.join(box.names)}")
    for name, low, high in zip(box.names, box.low.tolist(), box.high.tolist(), strict=True):
        slack = 1e-4 * (high - low)  # the question shows the interval rounded
        if not low - slack <= ranges[name].low < ranges[name].high <= high + slack:
            raise SearchError(
                f"{name} is {ranges[name].low:g} to {ranges[name].high:g}; expected a range inside {low:g} to {high:g}"
            )
    return AdrBox(box.names, *([max(box.low[i], ranges[n].low) for i, n in enumerate(box.names)],
                               [min(box.high[i], ranges[n].high) for i, n in enumerate(box.names)]))  # fmt: skip
