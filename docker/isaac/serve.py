"""The simulated cell in Isaac Sim 5.1, behind the topics and services of the robot.

    /isaac-sim/python.sh serve.py --scene FOLDER --ros-args -p speed:=1.0

FOLDER holds cell.urdf and scene.json (export_scene.py). Written from the sources of Isaac Sim 5.1; it has not run.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from isaacsim import SimulationApp

app = SimulationApp({"headless": True, "renderer": "RaytracedLighting"})  # before anything else of Isaac Sim

import carb
import numpy as np
import omni.kit.commands
import omni.usd
from isaacsim.core.api import World
from isaacsim.core.api.materials import OmniPBR
from isaacsim.core.api.materials.physics_material import PhysicsMaterial
from isaacsim.core.api.objects import (
    DynamicCapsule,
    DynamicCuboid,
    DynamicCylinder,
    DynamicSphere,
    FixedCuboid,
)
from isaacsim.core.prims import Articulation, RigidPrim, SingleGeometryPrim, SingleXFormPrim
from isaacsim.core.utils.extensions import enable_extension
from isaacsim.sensors.camera import Camera
from pxr import UsdLux, UsdPhysics

enable_extension("isaacsim.ros2.bridge")
app.update()

import rclpy
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, PoseArray, Quaternion
from rcl_interfaces.msg import SetParametersResult
from rosgraph_msgs.msg import Clock
from scene_parts import camera_pose, check, contacts_of, lamp, matrix, servos, targets, taxel_forces
from sensor_msgs.msg import CameraInfo, Image, JointState, PointCloud2, PointField
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from dexsim2real_description.camera import Intrinsics
from dexsim2real_description.camera_messages_node import camera_info_message, image_message
from dexsim2real_description.ros_node import QOS, GraphNode, Health, qos_without_deadline
from dexsim2real_description.touch import touch_layout
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, TOUCH_FRAME, pack

PHYSICS_RATE, CONTROL_RATE, CAMERA_RATE = 240, 120, 30
"""[Hz]; touch comes with every joint state."""
CONTACTS = 64
"""Contact points that are read, of all fingertips together."""
SHAPES = {"box": DynamicCuboid, "sphere": DynamicSphere, "cylinder": DynamicCylinder, "capsule": DynamicCapsule}


class IsaacCell:
    """Robot, table, objects, lamp and cameras on a stage of Isaac Sim."""

    def __init__(self, folder: Path) -> None:
        self.scene = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
        self.world = World(physics_dt=1 / PHYSICS_RATE, rendering_dt=1 / CAMERA_RATE, stage_units_in_meters=1.0)
        root = _import_robot(folder / "cell.urdf")
        self.path = "/" + root.split("/")[1]
        """Of the prim that holds all links."""
        self.materials = {name: PhysicsMaterial(f"/materials/{name}") for name in ("tip", "object", "table")}
        self._add_table()
        self.objects = [self._add_object(model) for model in self.scene["objects"]]
        self.tips = [f"{self.path}/{tip}" for tip in self.scene["tips"]]
        for tip in self.tips:
            SingleGeometryPrim(f"{tip}/collisions").apply_physics_material(self.materials["tip"])
        touched = [*(f"/objects/{model['name']}" for model in self.scene["objects"]), f"{self.path}/table"]
        self.skin = RigidPrim(
            self.tips,
            name="skin",
            contact_filter_prim_paths_expr=[touched for _ in self.tips],
            max_contact_count=CONTACTS,
        )
        self.light = UsdLux.DistantLight.Define(self.world.stage, "/key_light")
        self.cameras = [self._add_camera(camera) for camera in self.scene["cameras"]]
        self.world.scene.add(self.skin)
        self.world.reset()
        self.robot = Articulation(root, name="robot")
        self.robot.initialize()
        self.robot.set_body_disable_gravity(np.ones((1, self.robot.num_bodies), np.uint8))  # the robot carries itself
        self._order = np.array([self.robot.get_dof_index(name) for name in self.scene["joints"]])
        for camera in self.cameras:
            camera.initialize()
        self.reset()

    def reset(self) -> None:
        """Put robot and objects where the task begins."""
        start = np.array(self.scene["start"], np.float32)[None]
        self.robot.set_joint_positions(start, joint_indices=self._order)
        self.robot.set_joint_velocities(np.zeros_like(start), joint_indices=self._order)
        self.target = start[0].astype(np.float64)
        for body, model in zip(self.objects, self.scene["objects"], strict=True):
            body.set_world_pose(np.array(model["pose"][:3]), np.array(model["pose"][3:]))
            body.set_linear_velocity(np.zeros(3))
            body.set_angular_velocity(np.zeros(3))

    def apply(self, values: dict[str, float]) -> None:
        """Bring every parameter to its value."""
        servo = {name: column[None].astype(np.float32) for name, column in servos(self.scene, values).items()}
        self.robot.set_gains(servo["kp"], servo["kd"], joint_indices=self._order)
        self.robot.set_max_efforts(servo["effort"], joint_indices=self._order)
        self.robot.set_armatures(servo["armature"], joint_indices=self._order)
        self.world.get_physics_context().set_gravity(-values["gravity"])
        for name, material in self.materials.items():
            material.set_static_friction(values[f"friction_{name}"])
            material.set_dynamic_friction(values[f"friction_{name}"])
            material.set_restitution(values["restitution"])
        for body, model in zip(self.objects, self.scene["objects"], strict=True):
            body.set_mass(model["mass"] * values["object_mass"])
        for surface, material in self.looks.items():
            material.set_color(np.array([values[f"{surface}_{color}"] for color in ("red", "green", "blue")]))
        for camera, mount in zip(self.cameras, self.scene["cameras"], strict=True):
            camera.set_local_pose(*camera_pose(mount, values), camera_axes="ros")
        SingleXFormPrim("/key_light").set_world_pose(*lamp(self.scene, values))
        self.light.GetIntensityAttr().Set(1000.0 * values["light_intensity"])
        self.light.CreateEnableColorTemperatureAttr(True)
        self.light.CreateColorTemperatureAttr(values["light_temperature"])

    def step(self, render: bool) -> None:
        """One control period towards the joint targets."""
        self.robot.set_joint_position_targets(self.target[None].astype(np.float32), joint_indices=self._order)
        for _ in range(PHYSICS_RATE // CONTROL_RATE):
            self.world.step(render=False)  # with rendering it would go on by a whole frame
        if render:
            self.world.render()

    def joints(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions [rad], velocities [rad/s] and efforts [N m], shape (23,) each."""
        read = (self.robot.get_joint_positions, self.robot.get_joint_velocities, self.robot.get_measured_joint_efforts)
        position, velocity, effort = (each()[0, self._order].astype(np.float64) for each in read)
        return position, velocity, effort

    def touch(self) -> np.ndarray:
        """Taxel forces [N], shape (4, T, 3): contact and friction of PhysX, spread over the skin."""
        layout = touch_layout(self.scene["touch"])
        normal, points, normals, _, counts, starts = self.skin.get_contact_force_data(dt=1 / PHYSICS_RATE)
        friction, anchors, friction_counts, friction_starts = self.skin.get_friction_data(dt=1 / PHYSICS_RATE)
        pressing, rubbing = np.hstack([normal * normals, points]), np.hstack([friction, anchors])
        places, quats = self.skin.get_world_poses()
        made = np.zeros((len(self.tips), layout.num_taxels, 3))
        for finger, (place, quat) in enumerate(zip(places, quats, strict=True)):
            rows = np.concatenate(
                [
                    contacts_of(finger, pressing, counts, starts),
                    contacts_of(finger, rubbing, friction_counts, friction_starts),
                ]
            ).astype(np.float64)
            tip = (place.astype(np.float64), matrix(quat.astype(np.float64)))
            made[finger] = taxel_forces(layout.positions, layout.frames, rows[:, :3], rows[:, 3:], tip)
        return made

    def _add_table(self) -> None:
        """The table came with the robot's description; here its looks, and walls and floor behind it."""
        colors = self.scene["colors"]
        self.looks = {name: OmniPBR(f"/looks/{name}", color=np.array(colors[name])) for name in ("table", "background")}
        table = SingleGeometryPrim(f"{self.path}/table/collisions")
        table.apply_physics_material(self.materials["table"])
        SingleGeometryPrim(f"{self.path}/table/visuals").apply_visual_material(self.looks["table"])
        for name, place, size in (
            ("floor", (0.6, 0.0, -0.76), (6.0, 6.0, 0.02)),
            ("wall_back", (-0.81, 0.0, 0.75), (0.02, 6.0, 3.0)),
            ("wall_left", (0.3, 1.61, 0.75), (6.0, 0.02, 3.0)),
            ("wall_right", (0.3, -1.61, 0.75), (6.0, 0.02, 3.0)),
        ):
            wall = FixedCuboid(f"/{name}", name=name, position=np.array(place), scale=np.array(size), size=1.0)
            wall.apply_visual_material(self.looks["background"])

    def _add_object(self, model: dict) -> DynamicCuboid:
        x, _, z = model["extent"]
        size = {
            "box": {"size": 1.0, "scale": np.array(model["extent"])},
            "sphere": {"radius": x / 2},
            "cylinder": {"radius": x / 2, "height": z},
            "capsule": {"radius": x / 2, "height": z - x},
        }
        path, looks = f"/objects/{model['name']}", {"color": np.array(model["rgb"]), "mass": model["mass"]}
        body = SHAPES[model["kind"]](path, name=model["name"], **size[model["kind"]], **looks)
        body.apply_physics_material(self.materials["object"])
        return body

    def _add_camera(self, mount: dict) -> Camera:
        parent = "" if mount["parent"] == "world" else f"{self.path}/{mount['parent']}"
        lens = mount["lens"]
        camera = Camera(
            f"{parent}/{mount['name']}_camera", resolution=(lens["width"], lens["height"]), frequency=CAMERA_RATE
        )
        width = camera.get_horizontal_aperture()
        camera.set_focal_length(lens["fx"] * width / lens["width"])  # fx of a pinhole with square pixels
        camera.set_clipping_range(0.005, 20.0)
        return camera


class IsaacNode(GraphNode):
    """An IsaacCell behind the topics and services of the robot; the same as the MuJoCo node `simulator`."""

    def __init__(self, cell: IsaacCell) -> None:
        super().__init__("simulator")
        self._cell, self._ticks, self._refused = cell, 0, 0
        nominal = {name: float(known["nominal"]) for name, known in cell.scene["parameters"].items()}
        values = self.take_parameters({"speed": 1.0, **nominal})
        self._real_time = values.pop("speed") != 0.0
        self._values = values
        cell.apply(values)
        self.add_on_set_parameters_callback(self._change)
        self._joints = self._publisher(JointState, "/joint_states")
        self._touch = self._publisher(PointCloud2, "/touch/points")
        self._objects = self._publisher(PoseArray, "/simulator/object_poses")
        self._clock = self._publisher(Clock, "/clock")
        topics = [f"/{mount['name']}_camera/color" for mount in cell.scene["cameras"]]
        self._images = [self._publisher(Image, f"{topic}/image_raw") for topic in topics]
        self._infos = [self._publisher(CameraInfo, f"{topic}/camera_info") for topic in topics]
        commands = "/safety_gate/joint_command"
        self.create_subscription(JointTrajectory, commands, self._command, qos_without_deadline(commands))
        self.create_service(Trigger, "/simulator/reset", self._reset)

    def health(self) -> Health:
        """Ticks and commands refused."""
        return Health("running", True, {"ticks": self._ticks, "commands_refused": self._refused})

    def run(self) -> None:
        """Step and publish until Isaac Sim is closed."""
        steady = self.steady.now().nanoseconds
        while app.is_running() and rclpy.ok():
            self._ticks += 1
            frame = self._ticks % (CONTROL_RATE // CAMERA_RATE) == 0
            self._cell.step(render=frame)
            self._publish(frame)
            rclpy.spin_once(self, timeout_sec=0.0)
            if self._real_time:  # wait for the end of the period; late ticks are not made up for
                steady = max(steady + 10**9 // CONTROL_RATE, self.steady.now().nanoseconds - 10**8)
                while self.steady.now().nanoseconds < steady:
                    rclpy.spin_once(self, timeout_sec=0.0005)

    def _publish(self, frame: bool) -> None:
        nanoseconds = round(self._cell.world.current_time * 1e9)
        simulated = Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
        stamp = self.get_clock().now().to_msg() if self._real_time else simulated
        if not self._real_time:
            self._clock.publish(Clock(clock=simulated))
        position, velocity, effort = (row.tolist() for row in self._cell.joints())
        names = list(self._cell.scene["joints"])
        header = Header(stamp=stamp)
        self._joints.publish(JointState(header=header, name=names, position=position, velocity=velocity, effort=effort))
        self._touch.publish(_cloud(self._cell.touch(), self._cell.scene["touch"], stamp))
        if frame:
            poses = [_pose(*body.get_world_pose()) for body in self._cell.objects]
            self._objects.publish(PoseArray(header=Header(stamp=stamp, frame_id="world"), poses=poses))
            self._publish_images(stamp)

    def _publish_images(self, stamp: Time) -> None:
        mounts = self._cell.scene["cameras"]
        for camera, mount, image, info in zip(self._cell.cameras, mounts, self._images, self._infos, strict=True):
            rgba = camera.get_rgba()
            if rgba is None or rgba.ndim != 3:  # nothing has been rendered yet
                continue
            header = Header(stamp=stamp, frame_id=mount["frame"])
            image.publish(image_message(np.ascontiguousarray(rgba[:, :, :3], np.uint8), header))
            info.publish(camera_info_message(Intrinsics(**mount["lens"]), header))

    def _command(self, message: JointTrajectory) -> None:
        point = message.points[-1] if message.points else None
        made = None
        if point is not None:
            made = targets(self._cell.scene, self._cell.target, message.joint_names, point.positions)
        if made is None:
            self._refused += 1
        else:
            self._cell.target = made

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._cell.reset()
        response.success, response.message = True, f"task {self._cell.scene['task']} starts anew"
        return response

    def _change(self, changed: list) -> SetParametersResult:
        reasons = [reason for p in changed if (reason := check(self._cell.scene, p.name, p.value))]
        if reasons:
            return SetParametersResult(successful=False, reason="; ".join(reasons))
        self._values |= {p.name: float(p.value) for p in changed}
        self._cell.apply(self._values)
        return SetParametersResult(successful=True)

    def _publisher(self, kind: type, topic: str) -> rclpy.publisher.Publisher:
        return self.create_publisher(kind, topic, QOS[topic])


def _import_robot(urdf: Path) -> str:
    """Put the cell of a URDF on the stage; returns the path of its articulation."""
    _, config = omni.kit.commands.execute("URDFCreateImportConfig")
    config.merge_fixed_joints, config.fix_base, config.import_inertia_tensor = False, True, True
    config.self_collision, config.distance_scale, config.create_physics_scene = False, 1.0, False
    _, path = omni.kit.commands.execute(
        "URDFParseAndImportFile", urdf_path=str(urdf), import_config=config, get_articulation_root=True
    )
    if not UsdPhysics.ArticulationRootAPI(omni.usd.get_context().get_stage().GetPrimAtPath(path)):
        carb.log_warn(f"{path} is no articulation root; look at the imported stage")
    return str(path)


def _cloud(force: np.ndarray, layout: str, stamp: Time) -> PointCloud2:
    count = force.shape[0] * force.shape[1]
    return PointCloud2(
        header=Header(stamp=stamp, frame_id=TOUCH_FRAME),
        height=1,
        width=count,
        fields=[PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS],
        point_step=POINT_STEP,
        row_step=POINT_STEP * count,
        data=pack(force, touch_layout(layout).positions),
        is_dense=True,
    )


def _pose(place: np.ndarray, quat: np.ndarray) -> Pose:
    (x, y, z), (qw, qx, qy, qz) = place.tolist(), quat.tolist()
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def main() -> None:
    """Serve until Isaac Sim is closed."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--scene", type=Path, required=True)
    given, _ = words.parse_known_args(rclpy.utilities.remove_ros_args(sys.argv)[1:])
    rclpy.init()
    node = IsaacNode(IsaacCell(given.scene))
    try:
        node.run()
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
        app.close()


if __name__ == "__main__":
    main()
