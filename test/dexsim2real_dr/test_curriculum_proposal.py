"""A model's decomposition, through the real client and a server on this machine that misbehaves on demand."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_dr.chat import Chat, ChatConfig
from dexsim2real_dr.curriculum.decomposition import reference
from dexsim2real_dr.curriculum.proposal import messages, propose
from dexsim2real_sim.tasks import TASKS, make_task

pytest.importorskip("openai", reason="needs the extra 'dr'")
spec = importlib.util.spec_from_file_location("chat_server", Path(__file__).with_name("chat_server.py"))
chat_server = sys.modules["chat_server"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(chat_server)

KEY = "sk-secret-of-the-test"


def answer(task="pouring", **change):
    skills = [skill.model_dump(mode="json") for skill in reference(task).skills]
    skills[1] |= change
    return json.dumps({"skills": skills})


class Proposer(chat_server.ChatServer):
    """Answers with the reference of pouring."""

    def good(self, body):
        return f"```json\n{answer()}\n```"


@pytest.fixture
def server():
    made = Proposer(None)
    yield made
    made.close()


@pytest.fixture
def config(server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return ChatConfig("planner", server.endpoint, tmp_path, timeout=10.0, backoff=0.0)


def test_a_valid_answer_is_a_decomposition_and_says_whose(server, config):
    found = propose("pouring", Chat(config))
    assert found.skills == reference("pouring").skills
    assert found.source == "planner"
    assert len(server.requests) == 1


def test_the_question_holds_instruction_features_units_and_schema(server, config):
    propose("pouring", Chat(config))
    text = json.dumps(server.requests[0][2]["messages"])
    task = make_task("pouring")
    for needed in (task.instruction, "cup_up", "at_least", "norm_xy", "Difficulty 0 starts with", "items"):
        assert needed in text
    assert all(name in text and info.meaning in text for name, info in task.feature_infos.items())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            answer(success=[{"feature": "cup", "relation": "at_least", "value": 1, "unit": "m"}]),
            "unknown feature 'cup'",
        ),
        (answer(starts=[0.0, 2.0]), "less than or equal to 1"),
        (answer(name="grasp"), "a name of its own"),
        ('{"skills": []}', "at least 1 item"),
        ("Sure! First, grasp the cup.", "Invalid JSON"),
        (answer("stacking"), "unknown feature"),
        (answer(success=[{"code": "import os"}]), "Extra inputs are not permitted"),
    ],
)
def test_the_model_is_told_what_was_wrong_and_tries_again(server, config, fault, words):
    server.faults = [fault]
    assert propose("pouring", Chat(config)).skills == reference("pouring").skills
    assert len(server.requests) == 2
    said = server.requests[1][2]["messages"]
    assert [message["role"] for message in said] == ["system", "user", "assistant", "user"]
    assert said[2]["content"] == fault
    assert words in said[3]["content"]


def test_attempts_are_bounded_and_the_error_says_what_was_wrong(server, config):
    server.faults = ["nonsense"] * 9
    with pytest.raises(
        DexSim2RealError, match="planner gave no valid decomposition of pouring in 3 attempts.*reference"
    ):
        propose("pouring", Chat(replace(config, attempts=3)))
    assert len(server.requests) == 3


def test_a_failing_server_is_asked_again_without_a_word(server, config):
    server.faults = [500, 429]
    propose("pouring", Chat(config))
    assert [len(request[2]["messages"]) for request in server.requests] == [2, 2, 2]


def test_an_answer_is_not_paid_twice_and_a_damaged_one_is_asked_for_again(server, config, tmp_path):
    first = propose("pouring", Chat(config))
    assert propose("pouring", Chat(config)) == first
    assert len(server.requests) == 1
    next((tmp_path / "answers").iterdir()).write_text("{")
    assert propose("pouring", Chat(config)) == first
    assert len(server.requests) == 2
    assert all(KEY not in file.read_text() for file in tmp_path.rglob("*") if file.is_file())


def test_an_unknown_task_is_refused_before_anything_is_asked(server, config):
    with pytest.raises(UnknownNameError):
        propose("juggling", Chat(config))
    assert server.requests == []


@pytest.mark.parametrize("task", TASKS)
def test_every_task_can_be_asked_about(task):
    text = messages(make_task(task))[1]["content"]
    assert all(name in text for name in TASKS[task].feature_infos)
    assert "`" not in text  # a name of the code would tell a model nothing
