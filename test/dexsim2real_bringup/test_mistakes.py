"""What a user gets wrong is said in one line, before any work, and leaves nothing behind."""

from pathlib import Path

import pytest

from dexsim2real_bringup.cli import USER_ERROR, main


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dr capture --twin x", "error parsing --twin: 'x' is not a whole number; see dexsim2real dr capture --help"),
        ("demos --task pick_place --episodes 1 --out file/d.npz", "file is a file; choose a folder"),
        ("demos --task pick_place --episodes 1 --out .", "it is a folder; name a file"),
        ("trials plan plan --task pick_plaice --methods a b", "unknown task 'pick_plaice'. Did you mean 'pick_place'"),
        ("trials report", "name the folders of the plans"),
        ("loop --task pick_plaice", "unknown task 'pick_plaice'"),
        ("export file", "file holds no training: it has no config.json"),
        ("policy check file", "file is not a policy artifact: it is a file"),
        ("policy bench nowhere", "there is no policy nowhere: give its folder, or one of those shipped: in_hand"),
        ("sim bench --seconds -1", "-1 s with 1, 8, 64, 256, 1024 environments measure nothing"),
        ("sim bench --num-envs 0", "2 s with 0 environments measure nothing"),
        ("bench gate --ticks 0", "0 ticks measure nothing"),
        ("sim view pouring --seed -1", "seed is -1; choose 0"),
        ("sim view pouring --size -5", "pictures of -5 pixels"),
        ("sim view pouring --difficulty 7", "difficulty is 7; it must be from 0 to 1"),
        ("train --task pouring --seed -1", "seed is -1; choose 0"),
        ("tasks --json file/t.json", "cannot write file/t.json: "),
        ("urdf --out file/cell.urdf", "cannot write file/cell.urdf: "),
    ],
)
def test_one_line_and_nothing_else(
    line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert main(line.split()) == USER_ERROR
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.startswith("error: ") and len(said.err.splitlines()) == 1 and said.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
