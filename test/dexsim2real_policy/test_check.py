import json
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_policy import PolicyError
from dexsim2real_policy.artifact import GOLDEN, pack, read_contract, read_file, unpack, write_artifact
from dexsim2real_policy.builtin import write_hold
from dexsim2real_policy.check import check_artifact
from dexsim2real_policy.runtime import OUTPUT

from .conftest import ACTION, BLIND


def test_a_good_artifact_reproduces_its_golden_outputs(tvcap: Path):
    contract, variants = check_artifact(tvcap)
    assert contract.task == "pick_place"
    assert [v.variant for v in variants] == ["float32", "int8"]
    assert all(v.passed for v in variants)


def test_golden_outputs_that_differ_are_found(drift: Path, tmp_path: Path):
    contract = read_contract(drift)
    golden = unpack(read_file(drift, contract, GOLDEN), ["proprioception", OUTPUT], "golden")
    golden[OUTPUT][0, 0, 0] += np.float32(0.25)
    files = {"policy.onnx": (drift / "policy.onnx").read_bytes(), GOLDEN: pack(golden)}
    write_artifact(tmp_path / "d", contract, files)
    _, (variant,) = check_artifact(tmp_path / "d")
    assert variant.error == pytest.approx(0.25, abs=1e-5) and not variant.passed


def test_a_built_in_policy_has_nothing_to_reproduce(tmp_path: Path):
    write_hold(tmp_path / "hold", BLIND, ACTION)
    assert check_artifact(tmp_path / "hold")[1] == []


def test_every_file_is_hashed(tvcap: Path, tmp_path: Path):
    (tmp_path / "t").mkdir()
    for path in tvcap.iterdir():
        (tmp_path / "t" / path.name).write_bytes(path.read_bytes())
    tree = json.loads((tmp_path / "t" / "contract.json").read_text())
    tree["files"][GOLDEN] = "0" * 64
    (tmp_path / "t" / "contract.json").write_text(json.dumps(tree))
    with pytest.raises(PolicyError, match=r"sha256 of .*golden.npz"):
        check_artifact(tmp_path / "t")
