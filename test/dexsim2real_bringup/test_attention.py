"""Drawing what a student looks at."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dexsim2real_bringup.cli import main
from dexsim2real_dr.imitation.distill_config import DistillConfig, student_spec
from dexsim2real_dr.training.checkpoint import Checkpoint
from dexsim2real_policy.overlay import PANEL
from dexsim2real_policy.tvcap import Tvcap, TvcapConfig, VisionConfig
from dexsim2real_sim import make_env

NETWORK = TvcapConfig(vision=VisionConfig(width=16, depth=1, heads=2), width=16, heads=2, decoder_layers=1, chunk=2)
CONFIG = DistillConfig("in_hand_rotation", image_size=28, network=NETWORK)


def taught(folder: Path, config: DistillConfig) -> Path:
    """A folder as distillation leaves it, of a network that has learned nothing."""
    size = (config.image_size, config.image_size) if config.vision else None
    spec = student_spec(make_env(config.task, image_size=size).observation_spec, config)
    weights = {f"module.network.{name}": value for name, value in Tvcap(spec, config.network).state_dict().items()}
    Checkpoint(config.task, 1, 0.0, {"mean": weights}, "{}").save(folder / "checkpoint.pt")
    (folder / "config.json").write_text(json.dumps(asdict(config)))
    return folder


def test_a_picture_has_a_row_per_frame_and_a_panel_per_camera_and_fingertip(tmp_path: Path) -> None:
    out = tmp_path / "drawn" / "attention.png"
    words = ["policy", "attention", f"{taught(tmp_path, CONFIG)}", "--out", f"{out}", "--frames", "2", "--every", "3"]
    assert main(words) == 0
    picture = np.asarray(Image.open(out))
    assert picture.shape == (2 * PANEL, 6 * PANEL, 3)
    first, second = picture[:PANEL], picture[PANEL:]
    assert first.std() > 10
    assert (first != second).any()


@pytest.mark.parametrize(
    ("config", "words", "message"),
    [
        (replace(CONFIG, vision=False), [], "does not both see and feel"),
        (replace(CONFIG, touch=False), [], "does not both see and feel"),
        (replace(CONFIG, network=replace(NETWORK, fusion="concatenation")), [], "no cross-attention"),
        (CONFIG, ["--frames", "0"], "both must be 1 or more"),
        (CONFIG, ["--twin", "nowhere"], "nowhere"),
        (CONFIG, ["--out", "attention"], "end it in .png"),
        (CONFIG, ["--out", "/dev/null/attention.png"], "cannot write"),
    ],
)
def test_what_has_no_attention_to_draw_is_one_line(tmp_path, capsys, config, words, message) -> None:
    out = tmp_path / "attention.png"
    assert main(["policy", "attention", f"{taught(tmp_path, config)}", "--out", f"{out}", *words]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
