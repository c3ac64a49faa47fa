"""The loop's commands are commands of the program, and its files join up."""

import functools
import inspect
from pathlib import Path

import pytest
import tyro

from dexsim2real_bringup.cli import load, split_verb
from dexsim2real_bringup.cli.commands import COMMANDS
from dexsim2real_bringup.graph import RobotOptions
from dexsim2real_bringup.loop.plan import (
    SHORT,
    LoopOptions,
    cell_words,
    first_round,
    next_round,
    randomise,
    round_steps,
    unseen,
)
from dexsim2real_description import DexSim2RealError


def steps(folder, options, start=None):
    return [*randomise(options, SHORT, folder), *round_steps(options, SHORT, first_round(folder), start)]


def parse(words):
    """What the command would be called with; nothing is run."""
    verb, rest = split_verb(words)
    function = load(COMMANDS[verb].target)

    @functools.wraps(function)
    def nothing(*args, **kwargs):
        return args, kwargs

    nothing.__signature__ = inspect.signature(function)
    return tyro.cli(nothing, args=rest)


@pytest.mark.parametrize(
    "options",
    [
        LoopOptions(),
        LoopOptions(model="judge", endpoint="http://localhost:1/v1"),
        LoopOptions(task="pick_place"),
        LoopOptions(real=True, robot=RobotOptions(use_twin=True, cameras=False)),
        LoopOptions(real=True, references=Path("photos"), robot=RobotOptions(arm="fr3", robot_ip="172.16.0.2")),
    ],
)
def test_every_step_is_a_command_line_the_program_takes(tmp_path, options):
    for step in steps(tmp_path, options, tmp_path / "checkpoint.pt"):
        parse(list(step.words))


def test_what_a_step_reads_a_person_or_an_earlier_step_has_made(tmp_path):
    start = tmp_path / "checkpoint.pt"
    made = {start}
    for step in steps(tmp_path, LoopOptions(), start):
        for file in step.inputs:
            assert file in made or any(parent in made for parent in file.parents), (step.name, file)
        made |= set(step.outputs)
        assert all(tmp_path in path.parents for path in step.outputs)  # outputs may be removed before a step runs


def test_names_of_steps_differ(tmp_path):
    first = first_round(tmp_path)
    both = steps(tmp_path, LoopOptions()) + round_steps(LoopOptions(), SHORT, next_round(first), first.folder)
    assert len({step.name for step in both}) == len(both)


def test_own_photographs_take_the_place_of_the_twins_pictures(tmp_path):
    names = [step.name for step in randomise(LoopOptions(references=tmp_path / "photos"), SHORT, tmp_path)]
    assert names == ["randomise"]


def test_the_next_round_trains_under_what_the_audit_suggests(tmp_path):
    first = first_round(tmp_path)
    assert next_round(first).randomization == first.randomization  # nothing was suggested
    first.suggestion.parent.mkdir(parents=True)
    first.suggestion.touch()
    assert next_round(first).randomization == first.suggestion
    assert next_round(first).folder == tmp_path / "round_2"


def test_the_gap_is_measured_on_twins_that_nothing_was_learned_from():
    assert 7 not in unseen(LoopOptions(twin=7))
    assert list(unseen(LoopOptions(twin=7))) == [8, 9, 10]


FR3 = RobotOptions(arm="fr3", robot_ip="172.16.0.2", can="can1", cameras=False)


def test_on_the_real_robot_trials_are_live_and_say_where_it_is_reached(tmp_path):
    options = LoopOptions(references=tmp_path, real=True, robot=FR3)
    named = {step.name: step.words for step in steps(tmp_path, options)}
    assert list(named) == ["randomise", "train 1", "round 1 in simulation", "live 1", "audit 1"]  # no twins
    words = " ".join(named["live 1"])
    assert "--real --arm fr3 --robot-ip 172.16.0.2 --can can1 --no-cameras" in words
    assert "--twin" not in words and "--yes" not in words  # whoever is asked says yes
    assert cell_words(options) == ("--arm", "fr3")
    assert all(named[name][-2:] != ("--arm", "fr3") and "--arm" in named[name] for name in ("train 1", "audit 1"))


def test_a_twin_behind_the_real_topics_is_a_twin(tmp_path):
    options = LoopOptions(real=True, robot=RobotOptions(use_twin=True))
    named = {step.name: " ".join(step.words) for step in steps(tmp_path, options)}
    assert "--twin 7 --real --use-twin" in named["live 1"]
    assert "round 1 on twin 8" in named and "references" in named


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounds": 0}, "ask for 1 or more"),
        ({"robot": FR3}, "are for --real"),
        ({"endpoint": "http://localhost:1"}, "say --model NAME"),
        ({"yes": True}, "are for --real"),
        ({"real": True}, "needs --robot-ip"),
        ({"real": True, "robot": RobotOptions(robot_ip="172.16.0.2")}, "moves an FR3 only"),
        ({"real": True, "robot": FR3}, "give --references"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(DexSim2RealError, match=message):
        LoopOptions(**options)
