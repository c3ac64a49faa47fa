"""Where networks are trained: the processor, or a GPU."""

from __future__ import annotations

import os

import torch

from dexsim2real_dr.errors import TrainingError


def use_device(name: str) -> torch.device:
    """Go to the device `cpu`, `cuda` or `cuda:N`; of `cuda`, every process that torchrun started has one of its own.

    Raises TrainingError if there is none of that name.
    """
    count = torch.cuda.device_count()
    known = ["cpu", *(["cuda"] if count else []), *(f"cuda:{index}" for index in range(count))]
    if name not in known:
        raise TrainingError(f"there is no device {name!r} that torch could use; choose from {', '.join(known)}")
    if name == "cuda":
        name = f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % count}"
    if name != "cpu":
        torch.cuda.set_device(name)  # where NCCL puts what it sends
    return torch.device(name)
