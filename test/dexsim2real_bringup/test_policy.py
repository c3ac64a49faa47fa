import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dexsim2real_bringup.cli import main
from dexsim2real_description import make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.artifact import GOLDEN, pack, read_contract, read_file, unpack, write_artifact
from dexsim2real_policy.builtin import write_hold
from dexsim2real_policy.contract import Contract
from dexsim2real_policy.export import export_module

CELL = make_cell("panda", "v4", "none")
OBSERVATION = ObservationSpec.of_cell(CELL, cameras=())
ACTION = ActionSpec.of_cell(CELL)


class Still(nn.Module):
    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return torch.tanh(inputs["proprioception"][:, None, :23])


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policies") / "still"
    export_module(Still(), Contract("network", "pouring", "Pour.", OBSERVATION, ACTION), folder)
    return folder


def test_check_prints_and_saves_what_it_found(still: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status = main(
        ["policy", "check", str(still), "--arm", "panda", "--touch", "none", "--json", str(tmp_path / "c.json")]
    )
    assert status == 0
    assert "policy for pouring" in capsys.readouterr().out
    rows = json.loads((tmp_path / "c.json").read_text())["rows"]
    assert [row["passed"] for row in rows] == [True, True]
    assert rows[1]["found"] <= 1e-4


def test_check_of_a_built_in_policy(tmp_path: Path):
    write_hold(tmp_path / "hold", OBSERVATION, ACTION)
    assert main(["policy", "check", str(tmp_path / "hold")]) == 0


def test_check_compares_with_a_cell(still: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["policy", "check", str(still), "--arm", "fr3"]) == 2
    err = capsys.readouterr().err
    assert "observation.lower[0] is -2.8973 in the policy but -2.7437 on the robot" in err and err.count("\n") == 1


def test_check_fails_where_the_golden_outputs_are_not_reproduced(
    still: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    contract = read_contract(still)
    golden = unpack(read_file(still, contract, GOLDEN), ["proprioception", "actions"], "golden")
    golden["actions"] = golden["actions"] + np.float32(0.01)
    write_artifact(
        tmp_path / "p", contract, {"policy.onnx": (still / "policy.onnx").read_bytes(), GOLDEN: pack(golden)}
    )
    assert main(["policy", "check", str(tmp_path / "p")]) == 2
    said = capsys.readouterr()
    assert "does not reproduce its golden outputs here (float32)" in said.err
    assert "False" in said.out  # the table is still shown


def test_bench_times_every_variant_on_one_and_two_threads(still: Path, tmp_path: Path):
    assert main(["policy", "bench", str(still), "--calls", "3", "--json", str(tmp_path / "b.json")]) == 0
    rows = json.loads((tmp_path / "b.json").read_text())["rows"]
    assert [(row["variant"], row["threads"]) for row in rows] == [("float32", 1), ("float32", 2)]
    assert all(row["p99_ms"] >= row["p50_ms"] > 0 for row in rows)


def test_a_folder_without_a_policy_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for verb in ("check", "bench"):
        assert main(["policy", verb, str(tmp_path)]) == 2
        assert "is not a policy artifact" in capsys.readouterr().err
