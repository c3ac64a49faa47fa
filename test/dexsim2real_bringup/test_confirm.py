"""Nobody moves a real robot unasked."""

import io
import sys

import pytest

from dexsim2real_bringup.cli.confirm import confirm
from dexsim2real_description import DexSim2RealError


def test_only_a_person_at_the_terminal_who_types_yes_lets_it_move(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))  # not a terminal
    with pytest.raises(DexSim2RealError, match="nobody is there to confirm"):
        confirm("The arm will move.", yes=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    confirm("The arm will move.", yes=False)
    assert capsys.readouterr().out.count("The arm will move. Nobody within its reach") == 2
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(DexSim2RealError, match="nothing was moved"):
        confirm("The arm will move.", yes=False)


def test_with_the_option_nobody_is_asked_but_it_is_said(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    confirm("The arm will move.", yes=True)
    assert "The arm will move." in capsys.readouterr().out
