import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.observation import SensorValues
from dexsim2real_policy import ContractMismatchError, PolicyError, load_policy
from dexsim2real_policy.contract import Chunking
from dexsim2real_policy.export import export_module

from .conftest import ACTION, BLIND, CELL, OBSERVATION, Drift, drift_contract

MIDDLE = (CELL.limits.lower + CELL.limits.upper) / 2
SCALE = np.array(ACTION.scale)


def values(first: float = 0.0, rows: int | None = None) -> SensorValues:
    """Targets in the middle; `first` is what the network sees as its first input."""
    position = MIDDLE.copy()
    position[0] += first * (CELL.limits.upper[0] - CELL.limits.lower[0]) / 2
    one = (position, MIDDLE * 0, MIDDLE * 0, MIDDLE)
    return SensorValues(*(one if rows is None else (np.tile(part, (rows, 1)) for part in one)))


def test_actions_add_up_from_the_last_target(drift: Path):
    chunk = load_policy(drift, BLIND, ACTION).act(values())
    # actions 0.1, 0.2, 0.3 of the scale: targets after them 0.1, 0.3, 0.6
    expected = MIDDLE + np.array([[0.1], [0.3], [0.6]]) * SCALE
    assert chunk.positions == pytest.approx(expected, abs=1e-7)
    assert chunk.times == pytest.approx([1 / 30, 2 / 30, 3 / 30])


def test_successive_chunks_are_blended(drift: Path):
    policy = load_policy(drift)
    policy.act(values())
    chunk = policy.act(values(first=0.1))
    # the new chunk says 0.2, 0.5, 0.9 from now; the old one said 0.3, 0.6 for the next two steps, weight exp(0.01)
    w = np.exp(0.01)
    blended = [(0.2 + w * 0.3) / (1 + w), (0.5 + w * 0.6) / (1 + w), 0.9]
    assert chunk.positions == pytest.approx(MIDDLE + np.array(blended)[:, None] * SCALE, abs=1e-6)
    policy.reset()
    assert policy.act(values(first=0.1)).positions[0] == pytest.approx(MIDDLE + 0.2 * SCALE, abs=1e-6)


def test_targets_stay_inside_the_joint_limits(drift: Path):
    at_limit = replace(values(), target=CELL.limits.upper)
    assert (load_policy(drift).act(at_limit).positions <= CELL.limits.upper).all()


def test_a_batch_gives_what_its_rows_give(drift: Path):
    batch = load_policy(drift).act(values(first=0.2, rows=3))
    single = load_policy(drift).act(values(first=0.2))
    assert batch.positions.shape == (3, 3, 23)
    assert batch.positions[1] == pytest.approx(single.positions, abs=1e-6)


def test_another_batch_needs_a_reset(drift: Path):
    policy = load_policy(drift)
    policy.act(values(rows=2))
    with pytest.raises(PolicyError, match="a batch of 3 robots follows one of 2; reset the policy"):
        policy.act(values(rows=3))
    policy.reset()
    policy.act(values(rows=3))


def test_a_policy_takes_its_features_by_name_from_those_offered(tmp_path: Path):
    class Follow(Drift):
        def forward(self, inputs: dict) -> object:
            return inputs["features"][:, None, :1].expand(-1, 3, 23)

    contract = drift_contract(observation=replace(BLIND, features=("goal",)))
    export_module(Follow(), contract, tmp_path / "f")
    policy = load_policy(tmp_path / "f", replace(BLIND, features=("mass", "goal")))
    chunk = policy.act(replace(values(), features=np.array([7.0, 0.5])))
    assert chunk.positions[0] == pytest.approx(MIDDLE + 0.5 * SCALE, abs=1e-6)


def test_a_tvcap_policy_runs_on_images_and_touch(tvcap: Path):
    images = {name: np.zeros((48, 64, 3), np.uint8) for name in OBSERVATION.cameras}
    full = replace(values(), touch=np.zeros((4, 15, 3)), images=images)
    for variant in ("float32", "int8"):
        policy = load_policy(tvcap, OBSERVATION, ACTION, variant=variant, threads=2)
        assert policy.act(full).positions.shape == (4, 23)
    with pytest.raises(DexSim2RealError, match="takes touch"):
        policy.act(values())


def test_nan_never_comes_out(drift: Path):
    with pytest.raises(PolicyError, match="not finite; check the sensors for NaN"):
        load_policy(drift).act(replace(values(), position=MIDDLE * np.nan))


def test_a_mismatch_is_found_before_anything_runs(drift: Path):
    with pytest.raises(ContractMismatchError, match=r"action.rate is 30.0 in the policy but 50.0 on the robot"):
        load_policy(drift, BLIND, replace(ACTION, rate=50.0))


def test_a_changed_network_is_refused(drift: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in drift.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "policy.onnx").write_bytes((drift / "policy.onnx").read_bytes() + b"\0")
    with pytest.raises(PolicyError, match="sha256 of"):
        load_policy(copy)


def test_unknown_and_missing_variants_are_named(drift: Path):
    with pytest.raises(UnknownNameError, match="int4"):
        load_policy(drift, variant="int4")
    with pytest.raises(PolicyError, match=r"has no policy_int8.onnx"):
        load_policy(drift, variant="int8")


def test_inference_needs_no_torch():
    code = (
        "import sys, dexsim2real_policy, dexsim2real_policy.check; "
        "assert not {'torch', 'onnx', 'scipy', 'mujoco', 'rclpy'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_chunk_length_of_the_network_is_checked(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"gives actions of shape \(3, 23\), but its contract says \(5, 23\)"):
        export_module(Drift(), drift_contract(chunk=Chunking(5)), tmp_path / "d")
    assert not list(tmp_path.iterdir())
