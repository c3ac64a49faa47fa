"""Training by several processes at once, as torchrun starts them: each with cells of its own, one network for all.

rsl_rl averages gradients, Kullback-Leibler divergence and the normalisers' statistics over torch.distributed; its own
runner refuses to do so without GPUs, its PPO does not.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed


@dataclass(frozen=True)
class World:
    """Which of how many processes this is."""

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls) -> World:
        """Meet the others if torchrun started this process; otherwise it is alone."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return cls()
        if not distributed.is_initialized():
            distributed.init_process_group()  # gloo between processors, NCCL between GPUs
        return cls(distributed.get_rank(), size)

    @property
    def multi_gpu(self) -> dict[str, int] | None:
        """As rsl_rl's PPO takes it, with GPUs or without; None for a process that is alone."""
        return None if self.size == 1 else {"global_rank": self.rank, "world_size": self.size}

    def share(self, state: dict[str, Any]) -> dict[str, Any]:
        """The state of the first process, JSON types only, in all of them."""
        if self.size == 1:
            return state
        held = [json.dumps(state)]
        distributed.broadcast_object_list(held, device=torch.device("cpu"))
        shared: dict[str, Any] = json.loads(held[0])
        return shared

    def any(self, flag: bool) -> bool:
        """Whether it is true in one process at least."""
        if self.size == 1:
            return flag
        raised = torch.tensor(float(flag))
        distributed.all_reduce(raised, op=distributed.ReduceOp.MAX)
        return bool(raised)
