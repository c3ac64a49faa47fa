from pathlib import Path

import pytest
import torch

from dexsim2real_description import DexSim2RealError
from dexsim2real_policy.tvcap import VisionConfig
from dexsim2real_policy.tvcap.vision import VisionEncoder

TINY = VisionConfig(width=16, depth=1, heads=2)


def test_tokens_go_camera_by_camera_and_patch_by_patch():
    encoder = VisionEncoder(TINY, cameras=2, image_size=(28, 42), width=8)
    images = torch.zeros(1, 2, 28, 42, 3, dtype=torch.uint8)
    before = encoder(images)
    assert before.shape == (1, 2 * 2 * 3, 8)
    encoder.backbone.blocks = torch.nn.Sequential()  # without attention a pixel only moves its own patch
    before = encoder(images)
    images[0, 1, 20, 15] = 255  # second camera, second row of patches, second column
    moved = (encoder(images) - before).abs().sum(-1)[0]
    assert torch.nonzero(moved > 1e-6).flatten().tolist() == [6 + 3 + 1]


def test_pixels_are_normalised_as_dinov2_expects():
    encoder = VisionEncoder(TINY, cameras=1, image_size=(14, 14), width=8)
    seen = []
    encoder.backbone.register_forward_pre_hook(lambda module, pixels: seen.append(pixels[0]))
    colour = torch.tensor([0, 127, 255], dtype=torch.uint8)
    encoder(colour.expand(1, 1, 14, 14, 3))
    expected = [-0.485 / 0.229, (127 / 255 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    assert seen[0].shape == (1, 3, 14, 14) and seen[0][0, :, 3, 5].tolist() == pytest.approx(expected)


def test_an_image_of_broken_patches_is_refused():
    with pytest.raises(DexSim2RealError, match="28 x 30 pixels are no whole number of patches of 14"):
        VisionEncoder(TINY, cameras=1, image_size=(28, 30), width=8)


def test_pretrained_weights_that_are_not_here_are_a_clear_error(tmp_path: Path):
    expected = "needs the Python package 'transformers'|no DINOv2 weights .* on this machine"
    with pytest.raises(DexSim2RealError, match=expected):
        VisionEncoder(VisionConfig(pretrained=str(tmp_path)), cameras=1, image_size=(28, 28), width=8)


def test_a_local_dinov2_gives_patch_tokens(tmp_path: Path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    config = transformers.Dinov2Config(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, image_size=28)
    transformers.Dinov2Model(config).save_pretrained(tmp_path)
    encoder = VisionEncoder(VisionConfig(pretrained=str(tmp_path)), cameras=2, image_size=(28, 28), width=8)
    assert encoder(torch.zeros(3, 2, 28, 28, 3, dtype=torch.uint8)).shape == (3, 2 * 4, 8)
