"""Optional visual meshes: which links have one, and that they fit the primitives."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest

from dexsim2real_description import TIPS, make_cell, meshes
from dexsim2real_description.meshes import visual_meshes
from dexsim2real_description.urdf import cell_urdf

installed = pytest.mark.skipif(not visual_meshes(make_cell()), reason="example-robot-data is not installed: no meshes")


def test_without_the_package_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(meshes, "distribution", missing)
    assert visual_meshes(make_cell()) == {}


def test_a_mesh_replaces_the_looks_and_not_the_collisions(tmp_path: Path) -> None:
    cell = make_cell()
    plain = ElementTree.fromstring(cell_urdf(cell))
    shown = ElementTree.fromstring(cell_urdf(cell, {"palm": tmp_path / "palm.stl"}))
    palm = shown.find("link[@name='palm']")
    assert palm is not None
    assert [mesh.attrib["filename"] for mesh in palm.iter("mesh")] == [(tmp_path / "palm.stl").as_uri()]
    assert len(palm.findall("visual")) == 1
    assert len(shown.findall("link/collision")) == len(plain.findall("link/collision"))


@installed
@pytest.mark.parametrize("touch", ["none", "grid15"])
def test_every_link_of_arm_and_hand_has_one_but_skinned_tips(touch: str) -> None:
    cell = make_cell(touch=touch)
    bodies = {link.name for link in cell.links if link.shapes} - {"hand_adapter"}
    without = set() if touch == "none" else set(TIPS)
    assert set(visual_meshes(cell)) == bodies - without


@installed
def test_a_v5_hand_has_none() -> None:
    assert set(visual_meshes(make_cell(hand="v5"))) == {f"arm_link_{i}" for i in range(8)}


@installed
def test_meshes_are_metres_in_the_links_frame() -> None:
    cell = make_cell(touch="none")
    files = visual_meshes(cell)
    for name in ("palm", "index_link_1", "thumb_link_3", "arm_link_3"):
        spec = mujoco.MjSpec()
        mesh = spec.add_mesh(name=name, file=str(files[name]))
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
        spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name)
        model = spec.compile()
        (link,) = (link for link in cell.links if link.name == name)
        assert link.inertia is not None
        assert np.allclose(model.geom_pos[0], link.inertia.com, atol=0.03), name  # its centre is near the mass's
