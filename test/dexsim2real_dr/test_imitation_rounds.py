"""What was taught, on disk."""

from pathlib import Path

import numpy as np
import pytest

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.imitation.rounds import Rounds
from dexsim2real_dr.imitation.samples import Lesson


def lessons(value: float, count: int = 3, steps: int = 4) -> list[Lesson]:
    return [
        Lesson({"touch": np.full((steps, 2), value, np.float32)}, np.full((steps, 2, 23), value, np.float32), "")
        for _ in range(count)
    ]


def test_the_last_episode_of_a_round_is_for_validation(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, keep=100)
    rounds.add(0, lessons(1.0))
    rounds.add(1, lessons(2.0))
    assert rounds.steps == 24
    assert [part.chunks[:, 0, 0].tolist() for part in rounds.learn] == [[1.0] * 8, [2.0] * 8]
    assert [part.inputs["touch"][:, 0].tolist() for part in rounds.validate] == [[1.0] * 4, [2.0] * 4]


def test_a_single_episode_is_learned_from(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, keep=100)
    rounds.add(0, lessons(1.0, count=1))
    assert [len(part) for part in rounds.learn] == [len(part) for part in rounds.validate] == [4]


def test_the_oldest_rounds_make_room_in_memory_and_on_disk(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, keep=25)
    for number in range(4):
        rounds.add(number, lessons(float(number)))
    assert [part.chunks[0, 0, 0].item() for part in rounds.learn] == [2.0, 3.0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["round_002.npz", "round_003.npz"]


def test_a_run_takes_up_what_was_finished_and_no_more(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, keep=100)
    for number in range(3):
        rounds.add(number, lessons(float(number)))
    again = Rounds(tmp_path, keep=100, finished=2)
    assert [part.chunks[0, 0, 0].item() for part in again.learn] == [0.0, 1.0]
    assert [part.inputs["touch"].shape for part in again.validate] == [(4, 2)] * 2


def test_a_damaged_round_is_told(tmp_path: Path) -> None:
    (tmp_path / "round_000.npz").write_bytes(b"PK no archive")
    with pytest.raises(TrainingError, match="damaged"):
        Rounds(tmp_path, keep=10, finished=1)


def test_rounds_that_are_gone_are_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no rounds left"):
        Rounds(tmp_path, keep=10, finished=1)
