import numpy as np
import pytest

from dexsim2real_policy.contract import Chunking
from dexsim2real_policy.inference import ActionChunk
from dexsim2real_policy.sync import JointSample, Observation
from dexsim2real_policy.targets import SLACK, Targets, lengthen

from .conftest import ACTION, CELL, drift_contract

MIDDLE = (CELL.limits.lower + CELL.limits.upper) / 2
SCALE = np.array(ACTION.scale)
MS = 1_000_000
DT = 1 / 30


def observed(ms: float, command: np.ndarray | None, position: np.ndarray = MIDDLE) -> Observation:
    return Observation(round(ms * MS), JointSample(position, position * 0, position * 0), None, {}, command, {})


def test_while_nobody_commands_the_target_is_the_measured_position():
    assert (Targets(drift_contract()).at(observed(0, None, MIDDLE + 0.1)) == MIDDLE + 0.1).all()


def test_the_first_target_under_command_is_the_command():
    assert (Targets(drift_contract()).at(observed(0, MIDDLE + 0.2)) == MIDDLE + 0.2).all()


def test_after_that_it_is_what_the_policy_asked_for_by_then():
    targets = Targets(drift_contract())
    start = observed(1000, MIDDLE)
    chunk = ActionChunk(MIDDLE + np.array([[1.0], [2.0]]) * SCALE, DT)
    targets.follow(start, MIDDLE, chunk)
    lagging = MIDDLE + 0.2 * SCALE  # the gate smooths, so its command is behind
    assert targets.at(observed(1000 + 1e3 * DT, lagging)) == pytest.approx(MIDDLE + SCALE, abs=1e-6)
    assert targets.at(observed(1000 + 0.5e3 * DT, lagging)) == pytest.approx(MIDDLE + 0.5 * SCALE, abs=1e-6)
    assert targets.at(observed(1000 + 1.5e3 * DT, lagging)) == pytest.approx(MIDDLE + 1.5 * SCALE, abs=1e-6)
    assert targets.at(observed(2000, lagging)) == pytest.approx(MIDDLE + 2 * SCALE)  # after its end it stays


def test_it_cannot_run_away_from_a_robot_that_is_held_back():
    targets = Targets(drift_contract())
    targets.follow(observed(1000, MIDDLE), MIDDLE, ActionChunk(MIDDLE + np.array([[50.0]]) * SCALE, DT))
    assert targets.at(observed(1100, MIDDLE)) == pytest.approx(MIDDLE + SLACK * SCALE)


def test_a_gate_that_fell_silent_starts_it_anew():
    targets = Targets(drift_contract())
    targets.follow(observed(1000, MIDDLE), MIDDLE, ActionChunk(MIDDLE[None] + SCALE, DT))
    targets.at(observed(1010, None))
    assert (targets.at(observed(1020, MIDDLE)) == MIDDLE).all()


def test_single_steps_are_continued_in_their_direction():
    contract = drift_contract(chunk=Chunking(1))
    one = ActionChunk(MIDDLE[None] + SCALE, DT)
    assert lengthen(one, contract, MIDDLE).positions == pytest.approx(MIDDLE + np.array([[1.0], [2.0]]) * SCALE)
    at_limit = ActionChunk(CELL.limits.upper[None], DT)
    assert (lengthen(at_limit, contract, CELL.limits.upper - 0.1).positions <= CELL.limits.upper).all()


def test_chunks_that_overlap_the_next_one_stay_as_they_are():
    chunk = ActionChunk(np.tile(MIDDLE, (3, 1)), DT)
    assert lengthen(chunk, drift_contract(chunk=Chunking(3)), MIDDLE) is chunk
