"""The cell as URDF, for robot_state_publisher, RViz, planners and ros2_control; made from the same data."""

from __future__ import annotations

from collections.abc import Iterable
from math import pi
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from dexsim2real_description.camera import CameraMount
from dexsim2real_description.cell import Cell
from dexsim2real_description.hand import TIPS
from dexsim2real_description.meshes import Meshes
from dexsim2real_description.model import ZERO, Inertia, Joint, Link, Servo, Shape, Vec3
from dexsim2real_description.rotation import matrix_from_rpy, rpy_from_matrix

WORLD = "world"
COLORS: dict[str, tuple[float, float, float, float]] = {
    "arm": (0.92, 0.92, 0.93, 1.0),
    "hand": (0.13, 0.13, 0.14, 1.0),
    "tip": (0.25, 0.27, 0.33, 1.0),
    "camera": (0.6, 0.6, 0.62, 1.0),
    "table": (0.62, 0.5, 0.38, 1.0),
}

_OPTICAL_RPY: Vec3 = (-pi / 2, 0.0, -pi / 2)
"""From a camera's body (x forward, y left, z up) to its optical frame (x right, y down, z forward)."""
_COLOR_OFFSET: Vec3 = (0.0, 0.015, 0.0)
"""Colour lens in the camera's body frame, whose origin is the depth lens [m] (FACTS 4.2)."""
_CAMERA_BODY = Shape("box", (0.02505, 0.090, 0.025), (0.0042 - 0.02505 / 2, -0.0175, 0.0))
"""D435: the front glass is 4.2 mm before the depth lens, which sits 17.5 mm beside the middle (FACTS 4.2)."""


def cell_urdf(cell: Cell, meshes: Meshes | None = None) -> str:
    """The whole cell as a URDF document that ends in a newline.

    Links and joints carry the names of the cell; added are `world`, `table` and, per camera, its body
    `NAME_camera_link` and its optical frame. A capsule becomes a cylinder and two spheres, since URDF has none.
    `meshes` replace the primitives' looks, not their collisions (see :mod:`dexsim2real_description.meshes`).
    """
    robot = ElementTree.Element("robot", name=f"dexsim2real_{cell.arm.name}_{cell.hand.name}")
    for name, rgba in COLORS.items():
        ElementTree.SubElement(_child(robot, "material", name=name), "color", rgba=_numbers(rgba))
    _child(robot, "link", name=WORLD)
    _add_table(robot, cell)
    _add_joint(robot, Joint("base_joint", WORLD, cell.arm.root))
    for link in cell.links:
        _add_link(robot, link, _material(link.name), (meshes or {}).get(link.name))
    servos = dict(zip(cell.moving_joints, cell.servos, strict=True))
    for joint in cell.joints:
        _add_joint(robot, joint, servos.get(joint))
    for mount in cell.cameras:
        _add_camera(robot, mount)
    ElementTree.indent(robot)
    return '<?xml version="1.0"?>\n' + ElementTree.tostring(robot, encoding="unicode") + "\n"


def _material(link: str) -> str:
    return "tip" if link in TIPS else "arm" if link.startswith("arm_") else "hand"


def _add_table(robot: ElementTree.Element, cell: Cell) -> None:
    x, y, top = cell.table.centre
    middle = (x, y, top - cell.table.size[2] / 2)
    _add_link(robot, Link("table", shapes=(Shape("box", cell.table.size),)), "table")
    _add_joint(robot, Joint("table_joint", WORLD, "table", middle))


def _add_camera(robot: ElementTree.Element, mount: CameraMount) -> None:
    """The camera's body, which collides with nothing, and the optical frame that images are stamped with."""
    body = mount.rotation @ matrix_from_rpy(_OPTICAL_RPY).T
    origin = np.array(mount.xyz) - body @ _COLOR_OFFSET
    name = f"{mount.name}_camera_link"
    _add_shapes(_child(robot, "link", name=name), "visual", [_CAMERA_BODY], "camera")
    _child(robot, "link", name=mount.frame)
    _add_joint(robot, Joint(f"{mount.name}_camera_joint", mount.parent, name, _vec3(origin), rpy_from_matrix(body)))
    _add_joint(robot, Joint(f"{mount.name}_camera_optical_joint", name, mount.frame, _COLOR_OFFSET, _OPTICAL_RPY))


def _add_link(robot: ElementTree.Element, link: Link, material: str, mesh: Path | None = None) -> None:
    element = _child(robot, "link", name=link.name)
    if link.inertia is not None:
        _add_inertia(element, link.inertia)
    if mesh is None:
        _add_shapes(element, "visual", link.shapes, material)
    else:
        visual = _child(element, "visual")
        _child(_child(visual, "geometry"), "mesh", filename=mesh.as_uri())
        _child(visual, "material", name=material)
    _add_shapes(element, "collision", link.shapes)


def _add_inertia(link: ElementTree.Element, inertia: Inertia) -> None:
    element = _child(link, "inertial")
    _add_origin(element, inertia.com, ZERO)
    _child(element, "mass", value=_number(inertia.mass))
    tensor = zip(("ixx", "iyy", "izz", "ixy", "ixz", "iyz"), (*inertia.diagonal, *inertia.products), strict=True)
    _child(element, "inertia", **{key: _number(value) for key, value in tensor})


def _add_shapes(link: ElementTree.Element, kind: str, shapes: Iterable[Shape], material: str | None = None) -> None:
    for shape in shapes:
        for part in urdf_parts(shape):
            element = _child(link, kind)
            _add_origin(element, part.xyz, part.rpy)
            geometry = _child(element, "geometry")
            if part.kind == "box":
                _child(geometry, "box", size=_numbers(part.size))
            elif part.kind == "sphere":
                _child(geometry, "sphere", radius=_number(part.size[0]))
            else:
                _child(geometry, "cylinder", radius=_number(part.size[0]), length=_number(part.size[1]))
            if material is not None:
                _child(element, "material", name=material)


def urdf_parts(shape: Shape) -> tuple[Shape, ...]:
    """The shape in URDF's primitives: a capsule as a cylinder and a sphere at each end, others as they are."""
    if shape.kind != "capsule":
        return (shape,)
    radius, length, _ = shape.size
    end = matrix_from_rpy(shape.rpy)[:, 2] * length / 2
    ball: Vec3 = (radius, 0.0, 0.0)
    return (
        Shape("cylinder", shape.size, shape.xyz, shape.rpy),
        Shape("sphere", ball, _vec3(shape.xyz + end)),
        Shape("sphere", ball, _vec3(shape.xyz - end)),
    )


def _add_joint(robot: ElementTree.Element, joint: Joint, servo: Servo | None = None) -> None:
    """A fixed joint, or a hinge with the limits, effort and friction of its servo."""
    element = _child(robot, "joint", name=joint.name, type="fixed" if joint.axis is None else "revolute")
    _add_origin(element, joint.xyz, joint.rpy)
    _child(element, "parent", link=joint.parent)
    _child(element, "child", link=joint.child)
    if joint.axis is None or servo is None:
        return
    _child(element, "axis", xyz=_numbers(joint.axis))
    bounds = {"lower": joint.lower, "upper": joint.upper, "effort": servo.effort, "velocity": servo.velocity}
    _child(element, "limit", **{key: _number(value) for key, value in bounds.items()})
    _child(element, "dynamics", damping=_number(servo.damping), friction=_number(servo.frictionloss))


def _add_origin(element: ElementTree.Element, xyz: Vec3, rpy: Vec3) -> None:
    if xyz != ZERO or rpy != ZERO:
        _child(element, "origin", xyz=_numbers(xyz), rpy=_numbers(rpy))


def _child(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _vec3(values: Iterable[float]) -> Vec3:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _numbers(values: Iterable[float]) -> str:
    return " ".join(map(_number, values))


def _number(value: float) -> str:
    """Twelve digits: finer than any figure here, and the same text on every machine; rounding noise is 0."""
    return f"{value if abs(value) > 1e-12 else 0.0:.12g}"
