from pathlib import Path

import pytest

from dexsim2real_policy import PolicyError
from dexsim2real_policy.bench import bench_artifact
from dexsim2real_policy.builtin import write_hold

from .conftest import ACTION, BLIND


def test_every_variant_is_timed_on_one_and_two_threads(tvcap: Path):
    results = list(bench_artifact(tvcap, calls=3))
    assert [(r.variant, r.threads) for r in results] == [("float32", 1), ("float32", 2), ("int8", 1), ("int8", 2)]
    assert all(0 < r.p50_ms <= r.p99_ms and r.network == "tvcap" for r in results)


def test_a_policy_without_a_network_has_no_latency(tmp_path: Path):
    write_hold(tmp_path / "h", BLIND, ACTION)
    with pytest.raises(PolicyError, match="holds a hold policy, which has no network"):
        list(bench_artifact(tmp_path / "h", calls=1))
