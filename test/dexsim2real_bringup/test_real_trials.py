"""Trials on the real robot's graph: its own nodes, with stand-ins for arm, hand and skin, and answers from a pipe."""

import io
import os
from dataclasses import replace

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")
pytest.importorskip("ruckig", reason="needs the extra 'plan'")

from dexsim2real_audit import read_trace
from dexsim2real_bringup import mover, real_trials
from dexsim2real_bringup.cli import main
from dexsim2real_bringup.graph import GraphOptions, graph
from dexsim2real_bringup.person import Person
from dexsim2real_bringup.real_trials import run_real_trials, what_moves
from dexsim2real_perception.xela_stand_in import StandInConfig, XelaStandIn

ROBOT = GraphOptions(arm="fr3", robot_ip="standin", can="standin", cameras=False, markers=False, task="pick_place")


@pytest.fixture
def answers():
    """A person, and what they will type."""
    here, there = os.pipe()
    yield Person(here), lambda text: os.write(there, text.encode())
    for end in (here, there):
        os.close(end)


@pytest.mark.slow
def test_a_person_lets_the_policy_go_ends_it_and_judges(ros_environment, patient, monkeypatch, tmp_path, answers):
    monkeypatch.setattr(real_trials, "graph", lambda mode, options: patient(graph(mode, options)))
    monkeypatch.setattr(real_trials, "SPEED", 1.0)  # of a stand-in
    monkeypatch.setattr(real_trials, "PATIENCE", 120.0)
    monkeypatch.setattr(mover, "PATIENCE", 120.0)
    monkeypatch.setattr(mover, "SETTLE", 600)
    person, types = answers
    types("\n\ns\n")  # everything is in place; that is enough; a success
    types("\n\n\nx\n")  # out of the way; in place; enough; no success
    with XelaStandIn(StandInConfig(port=0, layout="grid15")) as skin:
        options = replace(ROBOT, xela=f"ws://127.0.0.1:{skin.port}", out=str(tmp_path / "bags"))
        results = list(run_real_trials(options, 2, 60.0, person))
    assert [(r.trial, r.outcome, r.why) for r in results] == [
        ("001", "success", ""),
        ("002", "failure", "ended by hand"),
    ]
    first = read_trace(tmp_path / "bags" / "trial_001")
    events = [event.data for event in first.events if event.data.get("trial") == "001"]
    assert [event.get("outcome") for event in events] == [None, "success"]
    assert events[-1]["judge"] == "person"


def test_it_says_what_will_move():
    told = what_moves(replace(ROBOT, robot_ip="172.16.0.2", can="can0", policy="mine"), 3, None)
    assert told.startswith(
        "3 times the fr3 at 172.16.0.2 and the v4 hand on can0 will move: to where pick_place begins"
    )
    assert "as mine wants" in told


def test_without_a_person_nothing_is_started(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO())  # no terminal
    assert main(["trials", "live", "--real", "--robot-ip", "172.16.0.2", "--number", "1"]) == 2
    said = capsys.readouterr()
    assert "at 172.16.0.2" in said.out and "--yes" in said.err
