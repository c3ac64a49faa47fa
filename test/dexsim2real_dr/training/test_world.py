"""Two processes train one network."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from dexsim2real_dr.training.world import World

RUN = """
import sys
from pathlib import Path
import torch
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.trainer import Trainer
from dexsim2real_dr.training.world import World

folder = Path(sys.argv[1])
ppo = PpoConfig(rollout=4, epochs=2, mini_batches=2, actor_layers=(8,), critic_layers=(8,))
config = TrainConfig("in_hand_rotation", envs=4, steps=96, save_every=2, time_limit=0.2, ppo=ppo)
world = World.join()
trainer = Trainer(config, folder, world)
updates = [progress.steps for progress in trainer.run()]
assert updates == [32, 64, 96], updates  # three updates of 2 x 4 environments x 4 steps
assert world.any(world.rank == 1) and not world.any(False)
torch.save((trainer.agent.save(), trainer.env.get_observations()["proprioception"]), folder / f"{world.rank}.pt")
"""


def test_a_process_that_is_alone_needs_nobody() -> None:
    world = World.join()
    assert (world.rank, world.size, world.multi_gpu) == (0, 1, None)
    assert world.share({"a": 1}) == {"a": 1}
    assert world.any(True) and not world.any(False)


def test_two_processes_with_cells_of_their_own_end_with_one_network(tmp_path: Path) -> None:
    import torch

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path)],
            env={**common, "RANK": str(rank)},
            text=True,
            stderr=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    (first, seen), (second, other) = (torch.load(tmp_path / f"{rank}.pt", weights_only=False) for rank in range(2))
    for part in ("actor_state_dict", "critic_state_dict"):  # normalisers among them
        for name, value in first[part].items():
            assert torch.equal(value, second[part][name]), name
    assert not torch.equal(seen, other)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.pt", "1.pt", "checkpoint.pt"]
