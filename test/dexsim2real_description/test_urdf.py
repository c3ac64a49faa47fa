"""The URDF says what the cell says, is valid, and the checked-in file is its output."""

import itertools
from pathlib import Path
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexsim2real_description import JOINTS, Cell, make_cell
from dexsim2real_description.kinematics import forward_kinematics
from dexsim2real_description.model import Shape
from dexsim2real_description.urdf import cell_urdf, urdf_parts

FOLDER = Path(__file__).parents[2] / "src" / "dexsim2real_description" / "urdf"
CHOICES = list(itertools.product(["panda", "fr3"], ["v4", "v5"], ["grid15", "none"]))


@pytest.fixture(scope="module", params=CHOICES, ids="-".join)
def cell(request: pytest.FixtureRequest) -> Cell:
    """A cell; uSCuAH has the same bodies as grid15."""
    return make_cell(*request.param)


def parse(cell: Cell) -> ElementTree.Element:
    """The document's root."""
    return ElementTree.fromstring(cell_urdf(cell))


def numbers(element: ElementTree.Element | None, key: str) -> list[float]:
    """The numbers of an attribute; zeros where the element is missing, as URDF defines."""
    return [0.0, 0.0, 0.0] if element is None else [float(word) for word in element.attrib[key].split()]


def test_links_carry_the_cells_inertias(cell: Cell) -> None:
    elements = {element.attrib["name"]: element for element in parse(cell).iter("link")}
    for link in cell.links:
        inertial = elements[link.name].find("inertial")
        if link.inertia is None:
            assert inertial is None
            continue
        assert inertial is not None
        assert float(inertial.find("mass").attrib["value"]) == pytest.approx(link.inertia.mass)
        assert numbers(inertial.find("origin"), "xyz") == pytest.approx(link.inertia.com)
        tensor = inertial.find("inertia").attrib
        expected = (*link.inertia.diagonal, *link.inertia.products)
        for key, value in zip(("ixx", "iyy", "izz", "ixy", "ixz", "iyz"), expected, strict=True):
            assert float(tensor[key]) == pytest.approx(value, rel=1e-9), (link.name, key)


def test_joints_carry_the_cells_origins_limits_and_servos(cell: Cell) -> None:
    elements = {element.attrib["name"]: element for element in parse(cell).iter("joint")}
    servos = dict(zip(JOINTS, cell.servos, strict=True))
    for joint in cell.joints:
        element = elements[joint.name]
        assert element.find("parent").attrib["link"] == joint.parent
        assert element.find("child").attrib["link"] == joint.child
        assert numbers(element.find("origin"), "xyz") == pytest.approx(joint.xyz)
        assert numbers(element.find("origin"), "rpy") == pytest.approx(joint.rpy)
        if joint.axis is None:
            assert element.attrib["type"] == "fixed"
            continue
        assert element.attrib["type"] == "revolute"
        assert numbers(element.find("axis"), "xyz") == list(joint.axis)
        limit, servo = element.find("limit").attrib, servos[joint.name]
        assert (float(limit["lower"]), float(limit["upper"])) == (joint.lower, joint.upper)
        assert (float(limit["effort"]), float(limit["velocity"])) == pytest.approx((servo.effort, servo.velocity))
        assert float(element.find("dynamics").attrib["damping"]) == servo.damping
        assert float(element.find("dynamics").attrib["friction"]) == servo.frictionloss


def test_document_is_one_tree_from_the_world(cell: Cell) -> None:
    root = parse(cell)
    links = [element.attrib["name"] for element in root.iter("link")]
    children = [element.attrib["link"] for element in root.iter("child")]
    parents = [element.attrib["link"] for element in root.iter("parent")]
    assert len(links) == len(set(links))
    assert sorted(children) == sorted(name for name in links if name != "world")  # each link has one parent
    assert set(parents) <= set(links)
    assert {"table", "front_camera_link", "wrist_camera_link", "index_tip"} <= set(links)


def test_colours_that_are_used_are_defined(cell: Cell) -> None:
    root = parse(cell)
    used = {element.attrib["name"] for element in root.findall("link/visual/material")}
    assert used == {element.attrib["name"] for element in root.findall("material")}


def test_looks_and_collisions_are_the_same_primitives(cell: Cell) -> None:
    for element in parse(cell).iter("link"):
        if element.attrib["name"].endswith("camera_link"):
            continue  # a camera's body is looks only
        looks = [(numbers(v.find("origin"), "xyz"), v.find("geometry")[0].attrib) for v in element.iter("visual")]
        bodies = [(numbers(c.find("origin"), "xyz"), c.find("geometry")[0].attrib) for c in element.iter("collision")]
        assert looks == bodies


def test_mujoco_compiles_it_to_the_cell(cell: Cell) -> None:
    spec = mujoco.MjSpec.from_string(cell_urdf(cell))
    spec.compiler.fusestatic = False
    model = spec.compile()
    assert tuple(model.joint(i).name for i in range(model.njnt)) == JOINTS
    assert np.allclose(model.jnt_range, np.stack([cell.limits.lower, cell.limits.upper], axis=1))
    assert np.allclose(model.jnt_actfrcrange[:, 1], cell.limits.effort)
    data = mujoco.MjData(model)
    data.qpos[:] = np.linspace(-0.5, 0.7, 23)
    mujoco.mj_kinematics(model, data)
    for name, pose in forward_kinematics(cell, data.qpos.copy()).items():
        if name != cell.arm.root:  # the importer makes it part of the world
            assert np.allclose(data.body(name).xpos, pose[:3, 3], atol=1e-9), name
            assert np.allclose(data.body(name).xmat.reshape(3, 3), pose[:3, :3], atol=1e-9), name


def test_optical_frames_are_where_the_mounts_say() -> None:
    cell = make_cell()
    spec = mujoco.MjSpec.from_string(cell_urdf(cell))
    spec.compiler.fusestatic = False
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:7] = (0.2, -0.4, 0.1, -1.9, 0.3, 1.7, 0.6)
    mujoco.mj_kinematics(model, data)
    poses = {"world": np.eye(4)} | forward_kinematics(cell, data.qpos.copy())
    for mount in cell.cameras:
        parent, frame = poses[mount.parent], data.body(mount.frame)
        assert np.allclose(frame.xpos, parent[:3, :3] @ mount.xyz + parent[:3, 3], atol=1e-9)
        assert np.allclose(frame.xmat.reshape(3, 3), parent[:3, :3] @ mount.rotation, atol=1e-9)


POINTS = st.tuples(*[st.floats(-0.3, 0.3)] * 3)


@given(POINTS, POINTS, st.floats(0.01, 0.2), st.floats(0.01, 0.2), POINTS)
def test_cylinder_and_two_spheres_hold_a_point_exactly_if_the_capsule_does(
    xyz: tuple[float, float, float],
    rpy: tuple[float, float, float],
    radius: float,
    length: float,
    local: tuple[float, float, float],
) -> None:
    def inside(part: Shape, point: np.ndarray) -> bool:
        cr, cp, cy = np.cos(part.rpy)
        sr, sp, sy = np.sin(part.rpy)
        axis = np.array([cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr])
        offset = point - part.xyz
        along = offset @ axis
        across = np.linalg.norm(offset - along * axis)
        if part.kind == "cylinder":
            return bool(across <= part.size[0] and abs(along) <= part.size[1] / 2)
        beyond = max(0.0, abs(along) - part.size[1] / 2)
        return bool(np.hypot(across, beyond) <= part.size[0])

    capsule = Shape("capsule", (radius, length, 0.0), xyz, rpy)
    parts = urdf_parts(capsule)
    assert [part.kind for part in parts] == ["cylinder", "sphere", "sphere"]
    point = np.add(xyz, local)
    assert any(inside(part, point) for part in parts) == inside(capsule, point)


def test_checked_in_file_is_what_the_command_writes() -> None:
    expected = cell_urdf(make_cell())
    assert (FOLDER / "cell.urdf").read_text() == expected, (
        "the description changed: run `dexsim2real urdf --out src/dexsim2real_description/urdf/cell.urdf`"
    )


def test_xacro_wrapper_gives_the_checked_in_robot() -> None:
    xacro = pytest.importorskip("xacro", reason="xacro is not installed: the wrapper was not expanded")
    document = ElementTree.fromstring(xacro.process_file(str(FOLDER / "cell.urdf.xacro")).toxml())
    plain = ElementTree.parse(FOLDER / "cell.urdf").getroot()
    for tag in ("material", "link", "joint"):
        expanded = [ElementTree.canonicalize(ElementTree.tostring(e), strip_text=True) for e in document.findall(tag)]
        assert expanded == [
            ElementTree.canonicalize(ElementTree.tostring(e), strip_text=True) for e in plain.findall(tag)
        ]
