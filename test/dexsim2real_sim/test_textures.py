"""The bank of textures: seamless, different, from folders too, and the right one on the table."""

import mujoco
import numpy as np
import pytest
from PIL import Image

from dexsim2real_description import DexSim2RealError
from dexsim2real_sim.env import make_env
from dexsim2real_sim.textures import PROCEDURAL, SIDE, bank_textures, folder_textures, procedural_textures


def test_procedural_textures_differ_from_each_other():
    images = list(procedural_textures().values())
    assert len(images) == len(PROCEDURAL) >= 10
    for i, image in enumerate(images):
        assert image.shape == (SIDE, SIDE, 3)
        assert image.dtype == np.uint8
        assert all(np.abs(image.astype(int) - other).mean() > 3 for other in images[:i])


@pytest.mark.parametrize("name", sorted(set(PROCEDURAL) - {"checker", "stripes"}))
def test_no_seam(name):
    """The step from the last row to the first is no larger than the largest inside; likewise columns."""
    gray = procedural_textures()[name][..., 0].astype(int)
    for axis in (0, 1):
        inside = np.abs(np.diff(gray, axis=axis)).mean(axis=1 - axis).max()
        seam = np.abs(gray.take(0, axis) - gray.take(-1, axis)).mean()
        assert seam <= inside + 1


def test_a_photograph_is_cropped_to_its_centre(tmp_path):
    photo = np.zeros((40, 120, 3), np.uint8)
    photo[:, 40:80] = (200, 50, 25)
    Image.fromarray(photo).save(tmp_path / "a.png")
    (texture,) = folder_textures(tmp_path)
    assert texture.shape == (SIDE, SIDE, 3)
    np.testing.assert_allclose(texture[20:-20, 20:-20].reshape(-1, 3).mean(axis=0), (200, 50, 25), atol=1)


def test_photographs_join_the_bank_and_reach_the_table(tmp_path):
    Image.new("RGB", (32, 32), (255, 0, 255)).save(tmp_path / "magenta.png")

    class Last:
        names = ("table_texture", "table_red", "table_green", "table_blue")

        def sample(self, rng, count):
            return np.tile([1 - 0.5 / (len(PROCEDURAL) + 1), 0.9, 0.9, 0.9], (count, 1))

    env = make_env("pick_place", textures=tmp_path, sampler=Last())
    env.plant.show()
    bank = bank_textures(env.sim.model)
    assert len(bank) == len(PROCEDURAL) + 1
    material = env.plant.fields.index("material", "table")
    own = PROCEDURAL.index("wood")  # counted from the table's own texture
    chosen = env.plant.fields.array("mat_texid")[0, material, int(mujoco.mjtTextureRole.mjTEXROLE_RGB)]
    assert chosen == bank[(own + len(bank) - 1) % len(bank)] == bank[-1]
    frames = env.make_cameras((48, 64)).frames(np.array([0]), geoms=True)
    red, green, blue = frames.color[0, 0][frames.geoms[0, 0] == env.sim.model.geom("table").id].mean(axis=0)
    assert red > 2 * green
    assert blue > 2 * green
    env.close()


def test_a_broken_image_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"not an image")
    with pytest.raises(DexSim2RealError, match=r"a\.png.*remove it"):
        folder_textures(tmp_path)
