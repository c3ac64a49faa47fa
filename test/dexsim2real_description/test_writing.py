"""Files and folders that are there whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_description.writing import whole_file, whole_folder


class DiskError(DexSim2RealError):
    pass


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_complete(tmp_path):
    file = tmp_path / "made" / "for it" / "a.txt"
    with whole_file(file) as partial:
        partial.write_text("one")
        assert not file.exists()
    with whole_file(file) as partial:
        partial.write_text("two")
        assert file.read_text() == "one"
    assert file.read_text() == "two"
    assert names(file.parent) == ["a.txt"]


@pytest.mark.parametrize("wrong", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [None, "old"])
def test_after_a_failure_the_file_is_as_it_was(tmp_path, wrong, old):
    file = tmp_path / "a.txt"
    if old:
        file.write_text(old)
    with pytest.raises(wrong), whole_file(file) as partial:
        partial.write_text("half")
        raise wrong
    assert names(tmp_path) == (["a.txt"] if old else [])
    assert not old or file.read_text() == old


def test_a_full_disk_is_one_line_of_the_kind_that_was_asked_for(tmp_path):
    with pytest.raises(DiskError) as caught, whole_file(tmp_path / "a.txt", DiskError) as partial:
        partial.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(caught.value) == (
        f"cannot write {tmp_path}/a.txt: No space left on device; free some space or choose a folder you may write to"
    )
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_really_full(tmp_path):
    (tmp_path / "a.txt.partial").symlink_to("/dev/full")
    with pytest.raises(DexSim2RealError, match="No space left"), whole_file(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
    assert names(tmp_path) == []


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_a_file_in_the_place_of_the_folder_is_told(tmp_path, whole):
    (tmp_path / "file").write_text("")
    with pytest.raises(DexSim2RealError, match="cannot write"), whole(tmp_path / "file" / "a"):
        pytest.fail("nothing may be written")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path):
    with pytest.raises(DexSim2RealError, match="cannot write .*: Is a directory"), whole_file(tmp_path) as partial:
        partial.write_text("")


def fill(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / text).write_text(text)


def test_a_folder_takes_the_place_of_the_old_one(tmp_path):
    for text in ("one", "two"):
        with whole_folder(tmp_path / "made" / "f") as fresh:
            fill(fresh, text)
        assert names(tmp_path / "made") == ["f"]
        assert names(tmp_path / "made" / "f") == [text]


@pytest.mark.parametrize("wrong", [ValueError, KeyboardInterrupt])
def test_after_a_failure_the_folder_is_as_it_was(tmp_path, wrong):
    fill(tmp_path / "f", "old")
    with pytest.raises(wrong), whole_folder(tmp_path / "f") as fresh:
        fill(fresh, "half")
        raise wrong
    assert names(tmp_path) == ["f"]
    assert names(tmp_path / "f") == ["old"]


def test_an_old_folder_comes_back_if_the_new_one_cannot_take_its_place(tmp_path):
    fill(tmp_path / "f", "old")
    with pytest.raises(DexSim2RealError, match="cannot write"), whole_folder(tmp_path / "f"):
        pass  # there is no new one
    assert names(tmp_path) == ["f"]
    assert names(tmp_path / "f") == ["old"]
