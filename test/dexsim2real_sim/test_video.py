"""Films: frames, touch map, contact sheet, and files that are whole or absent."""

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from dexsim2real_description import DexSim2RealError, touch_layout
from dexsim2real_sim.env import make_env
from dexsim2real_sim.video import FRAME_RATE, STILL, Film, KeyFrame, film_episode, mp4_writer
from dexsim2real_sim.video_sheet import contact_sheet, key_frames, save_png
from dexsim2real_sim.video_touch import BACKGROUND, FULL_NORMAL, draw_touch, force_color, unrolled


def still():
    return np.zeros((1, 23))


def test_a_film_shows_the_episode_and_says_why_it_failed(tmp_path):
    env = make_env("pick_place", seed=1)
    env.reset()
    told = []
    file = tmp_path / "new" / "film.mp4"
    film = film_episode(env, still, file, width=240, limit=0.4, progress=lambda done, steps: told.append((done, steps)))
    frames = iio.imread(file)
    assert frames.shape[1:] == (160, 240, 3)
    assert len(frames) == 4 + round(STILL * FRAME_RATE)  # every third of 12 steps, then the last one stays
    assert told[-1] == (12, 12)
    assert not film.success
    assert film.seconds == pytest.approx(0.4)
    assert "cm" in film.outcome
    assert list(file.parent.iterdir()) == [file]
    env.close()


def test_an_interrupted_film_leaves_no_file(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    env = make_env("pick_place", seed=1)
    with pytest.raises(KeyboardInterrupt):
        film_episode(env, interrupt, tmp_path / "film.mp4", width=240)
    assert list(tmp_path.iterdir()) == []
    env.close()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DexSim2RealError, match="cannot write"), mp4_writer(tmp_path / "file" / "a.mp4", (16, 16), 15.0):
        pass


def test_the_skin_laid_flat_keeps_distances_along_and_around_the_finger():
    # grid15: 5 rows of 3, 4.8 mm apart both ways (touch.py)
    places = unrolled(touch_layout("grid15")).reshape(5, 3, 2)
    np.testing.assert_allclose(np.diff(places[:, 1, 1]), 0.0048, atol=1e-9)
    np.testing.assert_allclose(np.diff(places[..., 0], axis=1), 0.0048, atol=1e-9)


@pytest.mark.parametrize("name", ["grid15", "uSCuAH"])
def test_no_two_taxels_lie_on_each_other(name):
    places = unrolled(touch_layout(name))
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.eye(len(places))
    assert gaps.min() > 0.002


def test_touch_map_lights_the_pressed_taxel_and_draws_its_shear():
    layout = touch_layout("grid15")
    forces = np.zeros((4, 15, 3))
    idle = np.asarray(draw_touch(layout, forces, 400, 200)).astype(int)
    forces[1, 7] = (0.8, 0.0, FULL_NORMAL)  # the middle taxel of the middle finger, shear towards the tip
    pressed = np.asarray(draw_touch(layout, forces, 400, 200)).astype(int)
    changed = np.argwhere(np.abs(pressed - idle).sum(axis=-1) > 30)
    map_rows = changed[:, 0] < 160  # above the labels
    assert (changed[map_rows, 1] // 100 == 1).all()  # only the second finger's quarter
    disc = np.argwhere((pressed == force_color(FULL_NORMAL)).all(axis=-1))
    arrow = np.argwhere((pressed[:160] == 255).all(axis=-1))
    assert arrow[:, 0].mean() < disc[:, 0].mean()  # the fingertip is up
    assert abs(arrow[:, 1].mean() - disc[:, 1].mean()) < 3


def test_colours_rise_with_force_and_pulling_is_none():
    assert force_color(-1.0) == force_color(0.0)
    assert force_color(5 * FULL_NORMAL) == force_color(FULL_NORMAL)
    reds = [force_color(f)[0] for f in np.linspace(0.5, 1.5, 5)]
    assert reds == sorted(reds)


def film_of(colors, pressures, success=True):
    frames = [KeyFrame(Image.new("RGB", (480, 320), c), p) for c, p in zip(colors, pressures, strict=True)]
    return Film("a_task", success, "" if success else "dropped", 3.0, frames)


def test_contact_sheet_has_a_row_per_film_and_the_strongest_touch():
    colors = [(i * 20, 0, 0) for i in range(10)]
    film = film_of(colors, [0, 0, 5, 0, 0, 0, 0, 0, 0, 0])
    assert [f.getpixel((0, 0))[0] for f in key_frames(film, 4)] == [0, 60, 120, 180]
    one, two = contact_sheet([film], 640), contact_sheet([film, film_of(colors, [1] * 10, success=False)], 640)
    assert two.width == one.width == pytest.approx(640, abs=6)
    assert two.height == 2 * one.height
    assert one.getpixel((one.width - 10, one.height // 2)) == (40, 0, 0)  # frame 2


def test_a_png_is_whole_or_absent(tmp_path):
    file = tmp_path / "new" / "sheet.png"
    save_png(Image.new("RGB", (32, 16), BACKGROUND), file)
    assert Image.open(file).size == (32, 16)
    (tmp_path / "taken").write_text("")
    with pytest.raises(DexSim2RealError, match="cannot write"):
        save_png(Image.new("RGB", (32, 16)), tmp_path / "taken" / "sheet.png")


def test_a_film_of_another_environment_shows_how_its_episode_ends(tmp_path):
    env = make_env("pick_place", num_envs=2, threads=1, time_limit=0.3)
    env.reset()
    env.step(np.zeros((2, 23)))
    env.steps[0] = 100  # its time is up at once: it begins anew while the other is filmed
    film = film_episode(env, lambda: np.zeros((2, 23)), tmp_path / "film.mp4", width=240, index=1)
    assert film.seconds == pytest.approx(8 / 30)  # one step of nine was made before
    assert "lifted" in film.reason
