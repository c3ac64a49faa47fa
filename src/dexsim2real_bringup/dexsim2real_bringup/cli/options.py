"""Options of a command line: a verb's function with its arguments, or one line about what is wrong with them.

tyro explains a mistake in a box of several lines and exits; what it says is kept, the box is not.
"""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import fields, is_dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any

import tyro

from dexsim2real_bringup.cli.tables import check_writable
from dexsim2real_description import DexSim2RealError

Verb = Callable[..., int | None]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLAINER = (
    (r"\. Expected one of \((.*?),?\)\.?", r"; valid: \1"),
    (r"invalid literal for int\(\) with base 10: (\S+)", r"\1 is not a whole number"),
    (r"[Nn]o type matching \{None\}\|INT could be instantiated from \[(.*?)\]", r"\1 is not a whole number"),
    (r"[Nn]o type matching \{None\}\|FLOAT could be instantiated from \[(.*?)\]", r"\1 is not a number"),
    (r"could not convert string to float: (\S+)", r"\1 is not a number"),
)


def parse(function: Verb, verb: str, words: Sequence[str]) -> Callable[[], int | None]:
    """The call that the words ask for. Raises DexSim2RealError in one line, SystemExit after --help."""
    prog, said = f"dexsim2real {verb}", io.StringIO()
    try:
        with redirect_stderr(said):
            call: Callable[[], int | None] = tyro.cli(_deferred(function), prog=prog, args=list(words))
    except SystemExit as stop:
        if not stop.code:
            raise
        raise DexSim2RealError(f"{condense(said.getvalue())}; see {prog} --help") from stop
    return call


def condense(box: str) -> str:
    """What tyro says in a box, in one line: the mistake, and the options that it finds similar."""
    mistake, *others = _sections(box) or [["not understood"]]
    text = " ".join(mistake)
    missing = re.fullmatch(r"Missing from .*?:\s+(.*)", text)
    if missing:
        text = "missing " + missing[1].replace(" (required)", "")
    for pattern, plainer in _PLAINER:
        text = re.sub(pattern, plainer, text)
    text = re.sub(r"'(\w+)'(?=,|$)", r"\1", text) if "; valid: " in text else text
    similar = [line for first, *lines in others if first.startswith("Perhaps") for line in lines if line[0] == "-"]
    text = (text[:1].lower() + text[1:]).rstrip(".")
    return f"{text}; similar: {', '.join(similar)}" if similar else text


def _sections(box: str) -> list[list[str]]:
    """Lines of the box without its frame and title, parted where it draws a line across.

    Where output is not UTF-8, the box is of other characters, and the title stands in it like a section.
    """
    sections: list[list[str]] = [[]]
    for line in _COLOUR.sub("", box).splitlines():
        if line.startswith(("╭", "╰")):
            continue
        text = line.strip("│ ")
        if text.strip("─-"):
            sections[-1].append(text)
        else:
            sections.append([])
    found = [section for section in sections if section]
    return found[1:] if "╭" not in box and len(found) > 1 else found


def _deferred(function: Verb) -> Callable[..., Callable[[], int | None]]:
    """The same options, but what is called with them is only returned: a verb's own words are nobody's mistake."""
    signature = inspect.signature(function)

    @wraps(function)
    def prepared(*args: Any, **kwargs: Any) -> Callable[[], int | None]:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            _check(name, value)
        return partial(function, *args, **kwargs)

    prepared.__signature__ = signature  # type: ignore[attr-defined]
    return prepared


def _check(name: str, value: object) -> None:
    """What every command asks of its options, before anything is computed: seeds, and files for tables."""
    if is_dataclass(value):
        for field in fields(value):
            _check(field.name, getattr(value, field.name))
    elif name == "seed" and isinstance(value, int) and value < 0:
        raise DexSim2RealError(f"seed is {value}; choose 0 or a larger whole number")
    elif name == "json" and isinstance(value, Path):
        check_writable(value)
