"""Demonstrations: the file, and chunks along the expert's path."""

from pathlib import Path

import numpy as np
import pytest

from dexsim2real_description import JOINTS
from dexsim2real_description.action import ActionSpec
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.demonstrations import Demonstrations, Episode, chunks_of

WIDE = (10.0,) * len(JOINTS)
SPEC = ActionSpec((0.1,) * len(JOINTS), tuple(-x for x in WIDE), WIDE, rate=30.0)


def episode(target: list[float], goal: list[float]) -> Episode:
    """All joints alike, targets and goals in tenths: in full actions."""
    wide = [np.tile(np.array(row, np.float32)[:, None] / 10, (1, len(JOINTS))) for row in (target, goal)]
    return Episode({"touch": np.arange(len(target), dtype=np.float32)[:, None]}, wide[0], wide[1], "")


def test_chunks_follow_the_experts_path_and_hold_its_end() -> None:
    chunks = chunks_of(episode([0.0, 0.5, 1.0], [0.5, 1.0, 1.25]), 3, SPEC)
    np.testing.assert_allclose(chunks[:, :, 0], [[0.5, 0.5, 0.25], [0.5, 0.25, 0.0], [0.25, 0.0, 0.0]], atol=1e-5)
    np.testing.assert_allclose(chunks[:, :, -1], chunks[:, :, 0])


def test_a_chunk_leads_back_to_the_path_but_knows_no_disturbance_to_come() -> None:
    # noise threw the robot to 2.5 after the first step, and the expert stood still at 0.5
    chunks = chunks_of(episode([0.0, 2.5], [0.5, 0.5]), 3, SPEC)
    np.testing.assert_allclose(chunks[0, :, 0], [0.5, 0.0, 0.0], atol=1e-5)
    np.testing.assert_allclose(chunks[1, :, 0], [-1.0, -1.0, 0.0], atol=1e-5)  # no more than a full step at a time


def test_a_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    episodes = (episode([0.0, 0.5], [0.5, 1.0]), episode([3.0], [4.0]))
    Demonstrations("stacking", 5, 7, 0.3, episodes).save(tmp_path / "d.npz")
    found = Demonstrations.load(tmp_path / "d.npz")
    assert (found.task, found.tried, found.seed, found.noise) == ("stacking", 5, 7, 0.3)
    for one, other in zip(found.episodes, episodes, strict=True):
        np.testing.assert_array_equal(one.goal, other.goal)
        np.testing.assert_array_equal(one.target, other.target)
        np.testing.assert_array_equal(one.inputs["touch"], other.inputs["touch"])
    assert [file.name for file in tmp_path.iterdir()] == ["d.npz"]


def test_bad_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "d.npz"
    with pytest.raises(TrainingError, match="no demonstrations"):
        Demonstrations.load(file)
    file.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(TrainingError, match="damaged"):
        Demonstrations.load(file)
    np.savez(file, about=np.array('{"schema": 99}'))
    with pytest.raises(TrainingError, match="schema"):
        Demonstrations.load(file)
    with pytest.raises(TrainingError, match="cannot write"):
        Demonstrations("stacking", 1, 0, 0.0, (episode([0.0], [0.0]),)).save(file / "d.npz")
