import json
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_policy.artifact import pack, read_contract, read_file, unpack, write_artifact
from dexsim2real_policy.errors import PolicyError

from .conftest import drift_contract

FILES = {"policy.onnx": b"abc"}
SHA_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1


def edit(folder: Path, **change: object) -> None:
    tree = json.loads((folder / "contract.json").read_text())
    (folder / "contract.json").write_text(json.dumps({**tree, **change}))


def test_what_was_written_comes_back(tmp_path: Path):
    written = write_artifact(tmp_path / "a", drift_contract(), FILES)
    assert read_contract(tmp_path / "a") == written
    assert written.files == {"policy.onnx": SHA_OF_ABC}
    assert read_file(tmp_path / "a", written, "policy.onnx") == b"abc"


def test_numbers_keep_every_digit(tmp_path: Path):
    third = (1 / 3,) * 23
    contract = drift_contract(action=drift_contract().action.__class__(third, third, (0.7 / 3,) * 23, 30.0))
    write_artifact(tmp_path / "a", contract, FILES)
    assert read_contract(tmp_path / "a").action.scale == third


def test_the_contract_states_units_and_lists_on_one_line(tmp_path: Path):
    write_artifact(tmp_path / "a", drift_contract(instruction="Pick [it\n  up]."), FILES)
    text = (tmp_path / "a" / "contract.json").read_text()
    assert json.loads(text)["units"]["position"] == "rad"
    assert read_contract(tmp_path / "a").instruction == "Pick [it\n  up]."
    assert max(len(line) for line in text.splitlines() if "thumb_joint_3" in line) > 300


def test_writing_replaces_an_artifact_and_leaves_nothing_else(tmp_path: Path):
    write_artifact(tmp_path / "a", drift_contract(), {**FILES, "old.npz": b"x"})
    write_artifact(tmp_path / "a", drift_contract(task="pouring"), FILES)
    assert read_contract(tmp_path / "a").task == "pouring"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "contract.json", "policy.onnx"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(PolicyError, match="not a policy artifact; choose another folder"):
        write_artifact(tmp_path, drift_contract(), FILES)
    assert (tmp_path / "thesis.tex").exists()


@pytest.mark.parametrize("failing", ["write_bytes", "rename"])
def test_a_full_disk_leaves_the_old_artifact_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str):
    before = write_artifact(tmp_path / "a", drift_contract(), FILES)
    whole = getattr(Path, failing)

    def full(path: Path, argument: object) -> object:
        fresh = path.name == "a" and path.parent != tmp_path
        if failing == "rename" and not fresh:  # moving the old one aside still works
            return whole(path, argument)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, failing, full)
        with pytest.raises(PolicyError, match="No space left on device"):
            write_artifact(tmp_path / "a", drift_contract(task="pouring"), {"policy.onnx": b"new"})
    assert read_contract(tmp_path / "a") == before
    assert read_file(tmp_path / "a", before, "policy.onnx") == b"abc"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_changed_file_is_refused_with_both_hashes(tmp_path: Path):
    contract = write_artifact(tmp_path / "a", drift_contract(), FILES)
    (tmp_path / "a" / "policy.onnx").write_bytes(b"abd")
    with pytest.raises(PolicyError, match=f"sha256 of .* is a52d159f.*, but {SHA_OF_ABC}"):
        read_file(tmp_path / "a", contract, "policy.onnx")


def test_missing_files_are_named(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"is not a policy artifact: it has no contract.json"):
        read_contract(tmp_path)
    contract = write_artifact(tmp_path / "a", drift_contract(), FILES)
    with pytest.raises(PolicyError, match=r"has no golden.npz; it has \['policy.onnx'\]"):
        read_file(tmp_path / "a", contract, "golden.npz")
    (tmp_path / "a" / "policy.onnx").unlink()
    with pytest.raises(PolicyError, match=r"policy.onnx: No such file"):
        read_file(tmp_path / "a", contract, "policy.onnx")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, "not of schema version 1"),
        ({"units": {"position": "deg"}}, "has other units"),
        ({"colour": "red"}, r"unknown \['colour'\]"),
        ({"kind": "pickle"}, "contract.kind is 'pickle'"),
    ],
)
def test_a_contract_of_another_shape_is_refused(tmp_path: Path, change: dict, message: str):
    write_artifact(tmp_path / "a", drift_contract(), FILES)
    edit(tmp_path / "a", **change)
    with pytest.raises(PolicyError, match=message):
        read_contract(tmp_path / "a")


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\xff"])
def test_garbage_is_refused(tmp_path: Path, text: str):
    (tmp_path / "contract.json").write_text(text, encoding="latin-1")
    with pytest.raises(PolicyError):
        read_contract(tmp_path)


def test_arrays_come_back_and_pickles_never_do(tmp_path: Path):
    content = pack({"x": np.arange(3)})
    assert unpack(content, ["x"], "test")["x"].tolist() == [0, 1, 2]
    assert pack({"x": np.arange(3)}) == content  # no time stamp in it
    np.savez(tmp_path / "bad.npz", x=np.array([{}], dtype=object))
    for broken in ((tmp_path / "bad.npz").read_bytes(), content[:-30], b"", b"garbage"):
        with pytest.raises(PolicyError, match="cannot read test"):
            unpack(broken, ["x"], "test")
    with pytest.raises(PolicyError, match="cannot read test"):
        unpack(content, ["y"], "test")
