"""The command ``dexsim2real``: finds the verb, imports only its module, and turns errors into exit codes.

Each verb is a typed function; ``tyro`` makes its options from the signature and its help from the docstring.
(tyro over argparse or click: the options are the annotations, so a config dataclass needs no second list.)
Exit status: 0 success, 2 a user error with one line that says what to do, 1 anything else, 130 after Ctrl-C.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence

from dexsim2real_bringup.cli.commands import COMMANDS
from dexsim2real_description import DexSim2RealError, UnknownNameError

USER_ERROR = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help"}:
        sys.stdout.write(overview())
        return 0
    try:
        verb, rest = split_verb(words)
        if verb not in COMMANDS:  # a group such as "sim" alone, or with --help
            sys.stdout.write(overview(verb))
            return 0
        return run(verb, rest)
    except DexSim2RealError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return USER_ERROR
    except MemoryError:
        sys.stderr.write(
            "error: this needs more memory than there is; use fewer environments, trials or smaller images\n"
        )
        return USER_ERROR
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED


def split_verb(words: Sequence[str]) -> tuple[str, list[str]]:
    """Split ``["sim", "view", "pouring"]`` into the verb ``"sim view"`` and what is left.

    Raises UnknownNameError for a verb that does not exist.
    """
    pair = " ".join(words[:2])
    if pair in COMMANDS:
        return pair, list(words[2:])
    if words[0] in COMMANDS:
        return words[0], list(words[1:])
    group = [name for name in COMMANDS if name.startswith(words[0] + " ")]
    if not group:
        raise UnknownNameError("command", words[0], {name.split()[0] for name in COMMANDS})
    if len(words) > 1 and not words[1].startswith("-"):
        raise UnknownNameError(f"command of {words[0]!r}", words[1], {name.split()[1] for name in group})
    return words[0], list(words[1:])


def run(verb: str, rest: Sequence[str]) -> int:
    """Import the verb's function, parse its options and call it."""
    from dexsim2real_bringup.cli.options import parse  # here, because tyro takes its time

    call = parse(load(COMMANDS[verb].target), verb, rest)
    return int(call() or 0)


def load(target: str) -> Callable[..., int | None]:
    """Import ``"module:function"``; a missing optional package says which extra to install."""
    module_name, function_name = target.split(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("dexsim2real"):
            raise
        raise DexSim2RealError(
            f"this command needs the Python package {error.name!r}, which is not installed; "
            "install everything with: pip install 'dexsim2real[all]'"
        ) from error
    function: Callable[..., int | None] = getattr(module, function_name)
    return function


def overview(group: str | None = None) -> str:
    """The list of commands, all or those of one group."""
    shown = {n: c for n, c in COMMANDS.items() if group is None or n.startswith(group + " ")}
    width = max(len(name) for name in shown)
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in shown.items()]
    return "usage: dexsim2real COMMAND [options]   (COMMAND --help for its options)\n\n" + "\n".join(lines) + "\n"
