"""Factors ranked: by a model whose answers are checked, and without one by what they change in pictures."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("dexsim2real_bringup", reason="colcon shows it only in a sourced workspace")

from dexsim2real_bringup.cli import main
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.methods.ranking import FACTORS, VISUAL, measured_ranking, parse_ranking, question

GOOD = [{"factor": f, "importance": float(1 + i % 10), "reason": "told"} for i, f in enumerate(FACTORS)]


def test_the_question_has_the_task_and_every_factor_with_what_it_is():
    asked = question("pouring")[1]["content"]
    assert "Task pouring" in asked
    assert all(f"- {factor}: " in asked for factor in FACTORS)
    assert "sliding friction of a fingertip" in asked


def test_an_answer_is_sorted():
    found = parse_ranking(f"```json\n{json.dumps({'factors': GOOD})}\n```")
    assert [each.importance for each in found] == sorted((g["importance"] for g in GOOD), reverse=True)


@pytest.mark.parametrize(
    "factors",
    [
        GOOD[:-1],
        [*GOOD, GOOD[0]],
        [*GOOD[:-1], {**GOOD[-1], "factor": "mood"}],
        [*GOOD[:-1], {**GOOD[-1], "importance": 11.0}],
        [*GOOD[:-1], {**GOOD[-1], "importance": "high"}],
        [*GOOD[:-1], {**GOOD[-1], "code": "print()"}],
    ],
)
def test_other_answers_are_refused(factors):
    with pytest.raises((ValueError, DexSim2RealError)):
        parse_ranking(json.dumps({"factors": factors}))


def test_without_a_model_colours_change_pictures_more_than_the_height_of_the_table():
    found = measured_ranking("pick_place", ("background", "table_height"))
    assert [each.factor for each in found] == ["background", "table_height"]
    assert found[0].importance == 10


def test_the_command_says_who_ranked(tmp_path, monkeypatch, capsys):
    table = tmp_path / "table.json"
    assert main(["dr", "rank", "--first", "2", "--json", str(table)]) == 0
    shown = json.loads(table.read_text())
    assert "no model was asked" in shown["title"]
    assert sorted(row["factor"] for row in shown["rows"]) == sorted(VISUAL)
    named = " ".join(row["factor"] for row in shown["rows"][:2])
    assert f"--factors {named}\n" in capsys.readouterr().out
    for wrong, said in (
        (["--endpoint", "http://x"], "--model"),
        (["--first", "0"], "--first is 0"),
        (["--task", "x"], "task"),
    ):
        assert main(["dr", "rank", *wrong]) == 2
        assert said in capsys.readouterr().err

    pytest.importorskip("openai", reason="needs the extra 'dr'")
    spec = importlib.util.spec_from_file_location("chat_server", Path(__file__).with_name("chat_server.py"))
    chat_server = sys.modules["chat_server"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chat_server)

    class Server(chat_server.ChatServer):
        def good(self, body):
            first = len(body["messages"]) == 2  # told what was wrong, it does better
            return json.dumps({"factors": GOOD[:-1] if first else GOOD})

    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.setattr("dexsim2real_dr.chat.LONGEST_PAUSE", 0.0)
    server = Server(None)
    try:
        command = ["dr", "rank", "--model", "judge", "--endpoint", server.endpoint, "--answers", str(tmp_path / "a")]
        assert main([*command, "--json", str(table)]) == 0
        assert main([*command, "--json", str(table)]) == 0
    finally:
        server.close()
    assert "by judge" in json.loads(table.read_text())["title"]
    assert len(server.requests) == 2  # one answer that was refused, one that was kept
