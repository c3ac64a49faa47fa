"""A network as onnxruntime runs it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.observation import Inputs
from dexsim2real_description.optional import require
from dexsim2real_policy.contract import Contract
from dexsim2real_policy.errors import PolicyError

OUTPUT = "actions"
"""Name of the network's output."""


class Network:
    """An ONNX file in memory, checked against the contract it came with.

    One thread by default: with a busy neighbour two threads have twice the tail latency of one (MEASURED).
    """

    def __init__(self, model: bytes, contract: Contract, threads: int = 1) -> None:
        self._session = _session(model, threads)
        self._joints = len(contract.action.joints)
        found = {node.name: tuple(node.shape[1:]) for node in self._session.get_inputs()}
        expected = contract.observation.shapes
        if found != expected:
            raise PolicyError(f"the network takes {found}, but its contract says {expected}; export the policy again")
        output = tuple(self._session.get_outputs()[0].shape[1:])
        if output != (contract.chunk.length, self._joints):
            raise PolicyError(
                f"the network gives actions {output}, but its contract says "
                f"{(contract.chunk.length, self._joints)}; export the policy again"
            )

    def __call__(self, inputs: Inputs) -> NDArray[np.float32]:
        """Actions in [-1, 1] before clipping, shape (N, H, J), for a batch of inputs.

        Raises PolicyError if they are not finite, which means that the inputs were not.
        """
        actions: NDArray[np.float32] = self._session.run([OUTPUT], inputs)[0]
        if not np.isfinite(actions).all():
            raise PolicyError("the policy's actions are not finite; check the sensors for NaN")
        return actions


def _session(model: bytes, threads: int) -> Any:
    onnxruntime = require("onnxruntime", "policy")  # here, because built-in policies run without it
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        raise PolicyError(f"onnxruntime cannot read the network: {error}; export the policy again") from error
