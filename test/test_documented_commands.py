"""Every command line in README and docs is one that the program takes, and every command is run by some test."""

import functools
import inspect
import re
import shlex
from pathlib import Path

import pytest
import tyro

from dexsim2real_bringup.cli import load, split_verb
from dexsim2real_bringup.cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def command_lines(page):
    """Every `dexsim2real ...` in a page: indented or fenced lines, and spans of code."""
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`(dexsim2real [^`]*)`", re.sub(r"```.*?```", "", text, flags=re.S))
    blocks = "\n".join(re.findall(r"```(?:\w*)\n(.*?)```", text, flags=re.S))
    lines = re.findall(r"^\s*(dexsim2real .*)$", blocks + "\n" + re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
    return [line.split(" #")[0].strip() for line in (*spans, *lines)]


def alternatives(line):
    """`gate arm | stop` and `dr run|compare` are several commands; placeholders stand for themselves."""
    parts = [part.strip() for part in re.split(r"\s*\|\s*", line)]
    head = parts[0].split()
    return [parts[0], *(" ".join([*head[:2], part]) for part in parts[1:])]


def documented():
    """Page and command, each once; what leaves words out is no command line."""
    lines = {(page.name, each) for page in PAGES for line in command_lines(page) for each in alternatives(line)}
    return sorted((page, line) for page, line in lines if "..." not in line)


def without_running(function):
    """A function with the same options that does nothing."""

    @functools.wraps(function)
    def nothing(*args, **kwargs):
        return 0

    nothing.__signature__ = inspect.signature(function)
    return nothing


@pytest.mark.parametrize(("page", "line"), documented())
def test_a_documented_command_is_taken(page, line):
    words = shlex.split(line.replace("[", "").replace("]", ""))[1:]
    if not words or words[-1] == "--help":
        words = words[:-1] or ["tasks"]
    verb, rest = split_verb(words)
    if verb not in COMMANDS:  # a group, named as such
        assert not rest
        return
    if not rest:
        return  # the verb alone is a mention
    tyro.cli(without_running(load(COMMANDS[verb].target)), args=rest)


TESTS = "\n".join(
    file.read_text(encoding="utf-8") for file in (ROOT / "test").rglob("test_*.py") if file != Path(__file__)
)


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_is_run_by_a_test(verb):
    """By its words, or as the function behind it."""
    module, function = COMMANDS[verb].target.split(":")
    words = '"' + r'",\s*"'.join(verb.split()) + '"'
    called = rf"from {re.escape(module)} import .*\b{function}\b|\b{module.split('.')[-1]}\.{function}\("
    assert re.search(f"{words}|{called}", TESTS), f"no test runs `dexsim2real {verb}`"
