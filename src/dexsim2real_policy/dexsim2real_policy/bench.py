"""Latency of a network, one observation at a time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dexsim2real_description import make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import Inputs, ObservationSpec
from dexsim2real_policy.artifact import GOLDEN, NETWORKS, read_contract, read_file, unpack
from dexsim2real_policy.contract import Chunking, Contract
from dexsim2real_policy.errors import PolicyError
from dexsim2real_policy.runtime import Network

THREADS = (1, 2)
_WARM_UP = 10


@dataclass(frozen=True)
class Latency:
    """What one network took per call."""

    network: str
    variant: str
    threads: int
    p50_ms: float
    p99_ms: float


def bench_artifact(folder: Path, calls: int, name: str | None = None) -> Iterator[Latency]:
    """Latency of every variant in an artifact, on one and on two threads, over its golden inputs one by one."""
    contract = read_contract(folder)
    if contract.kind != "network":
        raise PolicyError(f"{folder} holds a {contract.kind} policy, which has no network to measure")
    golden = unpack(read_file(folder, contract, GOLDEN), contract.observation.shapes, f"{folder / GOLDEN}")
    for variant in contract.parity:
        model = read_file(folder, contract, NETWORKS[variant])
        for threads in THREADS:
            times = _time(Network(model, contract, threads), golden, calls)
            p50, p99 = np.percentile(times, [50, 99]) * 1e3
            yield Latency(name or folder.name, variant, threads, float(p50), float(p99))


def bench_random(calls: int) -> Iterator[Latency]:
    """Latency of TVCAP with random weights, with the small and with the DINOv2-S sized image encoder."""
    from dexsim2real_policy.export import export_module
    from dexsim2real_policy.tvcap import DINOV2_S, SMALL, Tvcap, TvcapConfig

    cell = make_cell()
    for name, vision in (("TVCAP small", SMALL), ("TVCAP with DINOv2-S", DINOV2_S)):
        observation, config = ObservationSpec.of_cell(cell), TvcapConfig(vision=vision)
        contract = Contract(
            "network", "none", "Random weights.", observation, ActionSpec.of_cell(cell), Chunking(config.chunk)
        )
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "random"
            export_module(Tvcap(observation, config), contract, folder, int8=True)
            height, width = observation.image_size
            yield from bench_artifact(folder, calls, f"{name}, {len(observation.cameras)} x {height} x {width}")


def _time(network: Network, golden: Inputs, calls: int) -> list[float]:
    """Seconds per call, without the first calls, in which onnxruntime sets itself up."""
    rows = len(golden["proprioception"])
    times = []
    for call in range(_WARM_UP + calls):
        row = {name: array[call % rows : call % rows + 1] for name, array in golden.items()}
        start = time.perf_counter()
        network(row)
        times.append(time.perf_counter() - start)
    return times[_WARM_UP:]
