import numpy as np
import pytest
from PIL import Image

from dexsim2real_description.camera import Intrinsics
from dexsim2real_perception.errors import SourceEndedError, SourceError
from dexsim2real_perception.folder_camera import FolderCamera, FolderConfig


@pytest.fixture
def folder(tmp_path):
    for number in (2, 1):
        Image.fromarray(np.full((48, 64, 3), number, np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


def test_images_in_order_at_their_rate(folder):
    camera = FolderCamera(FolderConfig(folder, rate=1000.0, loop=False))
    camera.open()
    first, second = camera.read(5.0), camera.read(5.0)
    assert ((first.rgb == 1) & (second.rgb == 2)).all()
    assert second.stamp_ns - first.stamp_ns == 1_000_000
    # A D435 at a tenth of its size.
    assert first.intrinsics == Intrinsics(64, 48, 61.5, 61.5, 32.0, 24.0)
    with pytest.raises(SourceEndedError):
        camera.read(0.1)


def test_it_starts_again(folder):
    intrinsics = Intrinsics(64, 48, 1.0, 2.0, 3.0, 4.0)
    camera = FolderCamera(FolderConfig(folder, rate=1000.0, intrinsics=intrinsics))
    camera.open()
    frames = [camera.read(5.0) for _ in range(5)]
    assert [int(f.rgb[0, 0, 0]) for f in frames] == [1, 2, 1, 2, 1]
    assert frames[0].intrinsics is intrinsics
    camera.close()
    assert not camera.state.ok


def test_features_are_known_before_it_is_opened(folder):
    features = FolderCamera(FolderConfig(folder, rate=15.0)).features
    assert (features.width, features.height, features.rate, features.depth) == (64, 48, 15.0, False)


def test_what_is_no_folder_of_images(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", tmp_path / "missing", folder / "1.png"):
        with pytest.raises(SourceError, match="no folder with images"):
            FolderCamera(FolderConfig(wrong)).open()
    with pytest.raises(SourceError, match="rate is 0 Hz"):
        FolderCamera(FolderConfig(folder, rate=0)).open()
    with pytest.raises(SourceError, match="not open"):
        FolderCamera(FolderConfig(folder)).read(0.1)


def test_an_image_that_is_broken_or_of_another_size(folder):
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "3.png")
    (folder / "4.png").write_bytes(b"\x89PNG garbage")
    camera = FolderCamera(FolderConfig(folder, rate=1000.0))
    camera.open()
    with pytest.raises(SourceError, match=r"3\.png is 9x9, the first image 64x48"):
        for _ in range(3):
            camera.read(5.0)
    (folder / "3.png").unlink()
    camera.open()
    with pytest.raises(SourceError, match=r"4\.png is not a readable image"):
        for _ in range(3):
            camera.read(5.0)
