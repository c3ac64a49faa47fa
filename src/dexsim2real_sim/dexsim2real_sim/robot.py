"""The robot of a cell as MuJoCo bodies, joints, servos and sensors: the one builder."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS, TIPS, Cell
from dexsim2real_description.meshes import Meshes
from dexsim2real_description.model import Joint, Link, Servo, Shape, Vec3

MAX_DELAY = 0.1
"""Longest delay of a command that a servo's history buffer can hold [s]."""
CONTACT_SLOTS = 4
"""Contacts per fingertip that touch is computed from, strongest first; a tip has about 1.2 (measured)."""

FIXTURE, OBJECT, ROBOT, FINGER = 1, 2, 4, 8
"""Collision bits: table, objects, arm and palm, finger segments that can meet other fingers."""

UNSEEN = 3
"""Group of the shapes that no camera draws, for which a mesh stands."""

_KINDS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
}
_COLORS = {"arm": (0.92, 0.92, 0.93, 1.0), "hand": (0.2, 0.2, 0.22, 1.0), "tip": (0.34, 0.36, 0.42, 1.0)}


def add_robot(spec: mujoco.MjSpec, cell: Cell, meshes: Meshes | None = None) -> None:
    """Add the cell's arm and hand to `spec`, its base at the world's origin.

    `meshes` replace the looks of links, not their collisions nor their masses.
    """
    links = {link.name: link for link in cell.links}
    bodies = {cell.arm.root: spec.worldbody.add_body(name=cell.arm.root)}
    _fill(bodies[cell.arm.root], links[cell.arm.root])
    servos = dict(zip((j.name for j in cell.moving_joints), cell.servos, strict=True))
    for joint in cell.joints:
        quat = quaternion_from_rpy(joint.rpy)
        body = bodies[joint.parent].add_body(name=joint.child, pos=joint.xyz, quat=quat, gravcomp=1.0)
        bodies[joint.child] = body
        _fill(body, links[joint.child])
        if joint.axis is not None:
            _add_joint(spec, body, joint, servos[joint.name])
    for link, file in (meshes or {}).items():
        _add_looks(spec, bodies[link], file)
    _exclude_neighbours(spec)
    _add_contact_sensors(spec)


def _fill(body: mujoco.MjsBody, link: Link) -> None:
    """Give a body the mass and the shapes of a link."""
    if link.inertia is not None:
        inertia = link.inertia
        body.explicitinertial = True
        body.mass, body.ipos = inertia.mass, inertia.com
        body.fullinertia = (*inertia.diagonal, *inertia.products)
    for index, shape in enumerate(link.shapes):
        _add_geom(body, link.name, index, shape)


def _add_geom(body: mujoco.MjsBody, link: str, index: int, shape: Shape) -> None:
    radius, length = shape.size[0], shape.size[1]
    size = np.array(shape.size) / 2 if shape.kind == "box" else np.array([radius, length / 2, 0.0])
    part = _part(link)
    finger = link in TIPS or (link.endswith(("_link_2", "_link_3")) and part == "hand")
    body.add_geom(
        name=f"{link}_{index}",
        type=_KINDS[shape.kind],
        size=size,
        pos=shape.xyz,
        quat=quaternion_from_rpy(shape.rpy),
        rgba=_COLORS[part],
        mass=0.0,
        contype=FINGER if finger else ROBOT,
        conaffinity=FIXTURE | OBJECT | FINGER if finger else FIXTURE | OBJECT,
        condim=4 if part == "tip" else 3,
        friction=(1.0, 0.005, 0.0001),
        priority=1 if part == "tip" else 0,
        castshadow=part != "arm",  # the arm's large round links would be dotted by their own shadows
    )


def _part(link: str) -> str:
    return "tip" if link in TIPS else "arm" if link.startswith("arm") else "hand"


def _add_looks(spec: mujoco.MjSpec, body: mujoco.MjsBody, file: Path) -> None:
    """Let a mesh be seen in place of the shapes of a link, which still touch."""
    for shape in body.geoms:
        shape.group = UNSEEN
    mesh = spec.add_mesh(name=body.name, file=str(file))
    mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL  # unused, but the default refuses open surfaces
    part = _part(body.name)
    body.add_geom(
        name=f"{body.name}_looks",
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=body.name,
        rgba=_COLORS[part],
        mass=0.0,
        contype=0,
        conaffinity=0,
        castshadow=part != "arm",
    )


def _add_joint(spec: mujoco.MjSpec, body: mujoco.MjsBody, joint: Joint, servo: Servo) -> None:
    """A hinge and the position servo on it, with a history buffer for its delay."""
    body.add_joint(
        name=joint.name,
        type=mujoco.mjtJoint.mjJNT_HINGE,
        axis=joint.axis,
        range=(joint.lower, joint.upper),
        limited=mujoco.mjtLimited.mjLIMITED_TRUE,
        armature=servo.armature,
        damping=[servo.damping, 0.0, 0.0],
        frictionloss=servo.frictionloss,
    )
    actuator = spec.add_actuator(
        name=joint.name,
        target=joint.name,
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        ctrlrange=(joint.lower, joint.upper),
        ctrllimited=mujoco.mjtLimited.mjLIMITED_TRUE,
        forcerange=(-servo.effort, servo.effort),
        forcelimited=mujoco.mjtLimited.mjLIMITED_TRUE,
        nsample=_samples(spec),
        interp=1,
    )
    actuator.gaintype = mujoco.mjtGain.mjGAIN_FIXED
    actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    actuator.gainprm[0] = servo.kp
    actuator.biasprm[:3] = (0.0, -servo.kp, -servo.kd)


def _samples(spec: mujoco.MjSpec) -> int:
    return int(np.ceil(MAX_DELAY / spec.option.timestep))


def _exclude_neighbours(spec: mujoco.MjSpec) -> None:
    """Segments of one finger never collide with each other."""
    for finger, tip in zip(FINGERS, TIPS, strict=True):
        parts = (f"{finger}_link_2", f"{finger}_link_3", tip)
        for a, b in ((0, 1), (0, 2), (1, 2)):
            spec.add_exclude(bodyname1=parts[a], bodyname2=parts[b])


def _add_contact_sensors(spec: mujoco.MjSpec) -> None:
    """Contact sensors on the fingertips: force, position and frame of the strongest contacts."""
    data = mujoco.mjtConDataField
    wanted = (data.mjCONDATA_FORCE, data.mjCONDATA_POS, data.mjCONDATA_NORMAL, data.mjCONDATA_TANGENT)
    fields = sum(1 << int(field) for field in wanted)
    for tip in TIPS:
        sensor = spec.add_sensor(
            name=f"{tip}_contacts",
            type=mujoco.mjtSensor.mjSENS_CONTACT,
            objtype=mujoco.mjtObj.mjOBJ_BODY,
            objname=tip,
        )
        sensor.intprm[:3] = (fields, _REDUCE_MAXFORCE, CONTACT_SLOTS)


_REDUCE_MAXFORCE = 2


def quaternion_from_rpy(rpy: Vec3) -> NDArray[np.float64]:
    """w, x, y, z of URDF's roll, pitch, yaw about the fixed axes x, y, z [rad], shape (4,)."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(np.divide(rpy, 2)), np.sin(np.divide(rpy, 2))
    return np.array(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ]
    )
