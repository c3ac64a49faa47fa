"""The command line: finding a verb, exit codes, one-line errors, and every verb importable and documented."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import tyro

from dexsim2real_bringup import cli
from dexsim2real_bringup.cli import load, main, overview, split_verb
from dexsim2real_bringup.cli.commands import COMMANDS, Command
from dexsim2real_bringup.cli.options import condense
from dexsim2real_bringup.cli.tables import show, write_text
from dexsim2real_description import DexSim2RealError, UnknownNameError

VERBS = '''
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from dexsim2real_description import DexSim2RealError


def good(times: int = 1) -> None:
    """Print a word.

    Args:
        times: How often.
    """
    print("word " * times)


def choosy(number: tyro.conf.Positional[int], colour: Literal["red", "blue"] = "red", size: float = 1.0) -> None:
    """Take some.

    Args:
        number: How many.
        colour: Which.
        size: How big.
    """


@dataclass(frozen=True)
class Config:
    """Has a seed."""

    seed: int = 0


def seeded(seed: int = 0, config: Config = Config(), json: Path | None = None) -> None:
    """Work."""
    print("worked")


def leaving() -> None:
    """Say something and exit."""
    sys.stderr.write("own words\\n")
    sys.exit(2)


def bad() -> None:
    """Fail as a user can."""
    raise DexSim2RealError("the file is\\nempty; give another")


def broken() -> None:
    """Fail as a bug does."""
    raise ValueError("bug")


def slow() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


def greedy() -> None:
    """Ask for too much."""
    bytearray(2**62)


def failing() -> int:
    """Return a status of its own."""
    return 1
'''


@pytest.fixture
def verbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line with some verbs of a made-up module, and no others."""
    (tmp_path / "made_up_verbs.py").write_text(VERBS)
    (tmp_path / "needs_more.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    names = ("good", "choosy", "seeded", "leaving", "bad", "broken", "slow", "greedy", "failing")
    commands = {f"try {name}": Command(f"made_up_verbs:{name}", f"it is {name}") for name in names}
    commands["more"] = Command("needs_more:f", "needs a package")
    monkeypatch.setattr(cli, "COMMANDS", commands)


@pytest.mark.parametrize(
    ("words", "verb", "rest"),
    [
        (["demo"], "demo", []),
        (["demo", "--json", "f"], "demo", ["--json", "f"]),
        (["sim", "view", "pouring", "--seed", "1"], "sim view", ["pouring", "--seed", "1"]),
        (["sim"], "sim", []),
        (["sim", "--help"], "sim", ["--help"]),
    ],
)
def test_split_verb(words: list[str], verb: str, rest: list[str]) -> None:
    assert split_verb(words) == (verb, rest)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dmo"], "unknown command 'dmo'. Did you mean 'demo'? Valid: "),
        (["sim", "veiw"], "unknown command of 'sim' 'veiw'. Did you mean 'view'? Valid: bench, films, view"),
    ],
)
def test_an_unknown_verb_lists_the_valid_ones(words: list[str], message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        split_verb(words)
    assert str(caught.value).startswith(message)


@pytest.mark.usefixtures("verbs")
@pytest.mark.parametrize(
    ("words", "status"),
    [([], 0), (["--help"], 0), (["try"], 0), (["try", "good"], 0), (["try", "failing"], 1), (["try", "bad"], 2)],
)
def test_exit_status(words: list[str], status: int) -> None:
    assert main(words) == status


@pytest.mark.usefixtures("verbs")
def test_a_user_error_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", "bad"]) == 2
    assert capsys.readouterr().err == "error: the file is empty; give another\n"


@pytest.mark.usefixtures("verbs")
def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="bug"):
        main(["try", "broken"])


@pytest.mark.usefixtures("verbs")
def test_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", "slow"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.usefixtures("verbs")
def test_what_does_not_fit_into_memory_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", "greedy"]) == 2
    assert capsys.readouterr().err.startswith("error: this needs more memory than there is; use fewer")


@pytest.mark.usefixtures("verbs")
def test_options_come_from_the_signature(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", "good", "--times", "3"]) == 0
    assert capsys.readouterr().out == "word word word \n"


@pytest.mark.usefixtures("verbs")
@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["good", "--times", "often"], "error parsing --times: 'often' is not a whole number"),
        (["good", "--times", "1.5"], "error parsing --times: '1.5' is not a whole number"),
        (["good", "--times"], "missing value for argument '--times'. Expected 1 values"),
        (["good", "--tmes", "2"], "unrecognized options: --tmes, 2; similar: --times INT"),
        (["good", "twice"], "unrecognized options: twice"),
        (["choosy", "3", "--colour", "mauve"], "invalid choice 'mauve' for argument '--colour'; valid: red, blue"),
        (["choosy"], "missing INT How many"),
        (["choosy", "3", "--size", "big"], "error parsing --size: 'big' is not a number"),
    ],
)
def test_a_mistake_is_answered_in_one_line(words: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", *words]) == 2
    said = capsys.readouterr()
    assert said.err == f"error: {error}; see dexsim2real try {words[0]} --help\n"
    assert said.out == ""


@pytest.mark.parametrize("box", ["", "╭─ A ─╮\n╰─────╯\n", "╭─ A ─╮\n│ ─── │\n│ ─── │\n╰─────╯\n"])
def test_whatever_the_options_library_says_there_is_a_line(box: str) -> None:
    assert condense(box) == "not understood"
    assert condense("Something new\n  on two lines.\n") == "something new on two lines"


@pytest.mark.usefixtures("verbs")
def test_a_seed_or_a_file_that_cannot_be_is_found_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    wrong = {
        "cannot write": ["--json", str(tmp_path / "file" / "table.json")],
        "it is a folder": ["--json", str(tmp_path)],
        "seed is -1; choose 0": ["--seed", "-1"],
        "seed is -2; choose 0": ["--config.seed", "-2"],
    }
    for message, words in wrong.items():
        assert main(["try", "seeded", *words]) == 2
        said = capsys.readouterr()
        assert message in said.err and len(said.err.splitlines()) == 1 and said.out == ""
    assert main(["try", "seeded", "--json", str(tmp_path / "new" / "table.json")]) == 0
    assert capsys.readouterr().out == "worked\n"


@pytest.mark.usefixtures("verbs")
def test_what_a_command_itself_says_and_its_exit_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["try", "leaving"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == "own words\n"


@pytest.mark.usefixtures("verbs")
def test_a_missing_package_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["more"]) == 2
    error = capsys.readouterr().err
    assert "needs the Python package 'a_package_that_is_not_there'" in error
    assert "pip install" in error


def test_a_verb_of_ours_that_is_missing_is_a_bug_and_not_a_missing_package() -> None:
    with pytest.raises(ModuleNotFoundError):
        load("dexsim2real_bringup.cli.nothing:f")


@pytest.mark.usefixtures("verbs")
def test_overview_of_everything_and_of_a_group() -> None:
    everything, group = overview(), overview("try")
    assert "  try good     it is good\n" in everything
    assert "  more         needs a package\n" in everything
    assert "more" not in group.splitlines()[2]
    assert "it is bad" in group


def test_no_verb_is_also_the_name_of_a_group() -> None:
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    assert not groups & set(COMMANDS)  # else `dexsim2real sim view` and `dexsim2real sim VALUE` could not be told apart


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_is_importable_and_documented(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    summary = COMMANDS[verb].summary
    assert summary, verb
    assert not summary.endswith(".")
    function = load(COMMANDS[verb].target)
    assert inspect.getdoc(function), f"{verb} has no docstring"
    with pytest.raises(SystemExit) as caught:
        tyro.cli(function, prog=f"dexsim2real {verb}", args=["--help"])
    assert caught.value.code == 0
    assert inspect.getdoc(function).split("\n")[0][:40] in capsys.readouterr().out


def test_starting_the_command_imports_no_verb() -> None:
    code = "import sys, dexsim2real_bringup.cli; print([m for m in ('mujoco', 'torch', 'rclpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_table_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "a", "value": 0.123456, "missing": None}, {"name": "b", "value": 2.0, "missing": None}]
    show("Numbers", rows, tmp_path / "table.json")
    out = capsys.readouterr().out
    assert "Numbers" in out
    assert "0.1235" in out
    assert json.loads((tmp_path / "table.json").read_text()) == {"title": "Numbers", "rows": rows}


def test_a_table_without_rows_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    show("Failures", [])
    assert capsys.readouterr().out == "Failures: nothing to show\n"


def test_units_in_brackets_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show("Speeds [rad/s]", [{"limit [rad]": "1.5 [rad]"}])
    out = capsys.readouterr().out
    assert "Speeds [rad/s]" in out
    assert "limit [rad]" in out
    assert "1.5 [rad]" in out


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_text(target, "one")
    write_text(target, "two")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_text() == "two"
    write_text(tmp_path / "made" / "for it" / "file", "three")
    assert (tmp_path / "made" / "for it" / "file").read_text() == "three"
    with pytest.raises(DexSim2RealError, match=r"cannot write .*choose a folder you may write to"):
        write_text(target / "file", "four")
    with pytest.raises(DexSim2RealError, match="cannot write"):
        write_text(tmp_path, "a folder is in the way")
