"""References from a recording: pictures spread over what all channels have, with the joints of their moments."""

import numpy as np
import pytest

pytest.importorskip("dexsim2real_bringup", reason="colcon shows it only in a sourced workspace")

pytest.importorskip("rosbags", reason="needs the extra 'bag'")

from rosbags import typesys

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_bringup.cli import main
from dexsim2real_description import JOINTS, DexSim2RealError
from dexsim2real_description.bags import BagTopic
from dexsim2real_dr.bag_capture import bag_capture
from dexsim2real_dr.capture import captured_poses
from dexsim2real_dr.critics.references import load_references

TYPES = typesys.get_typestore(typesys.Stores.ROS2_KILTED)
START, TICK = 1_700_000_000_000_000_000, 10_000_000
SIZE = (32, 40)


def make(kind, **values):
    return TYPES.types[kind](**values)


def header(stamp):
    time = make("builtin_interfaces/msg/Time", sec=stamp // 10**9, nanosec=stamp % 10**9)
    return make("std_msgs/msg/Header", stamp=time, frame_id="")


def state(stamp, value):
    position, nothing = value + np.arange(23.0), np.empty(0)
    kind = "sensor_msgs/msg/JointState"
    return make(
        kind, header=header(stamp), name=list(JOINTS), position=position, velocity=nothing, effort=nothing
    )  # fmt: skip


def image(stamp, value, encoding="rgb8"):
    height, width = SIZE
    data = np.full(height * width * 3, value, np.uint8)
    return make(
        "sensor_msgs/msg/Image", header=header(stamp), height=height, width=width, encoding=encoding,
        is_bigendian=0, step=3 * width, data=data,
    )  # fmt: skip


def record(path, cameras=("front", "wrist"), encoding="rgb8"):
    """Joints from tick 0 to 40 in steps of 4; images from tick 10 to 30 in steps of 2, as grey as the tick."""
    with BagWriter(path, "mcap") as writer:
        for tick in range(0, 41, 2):
            said = [("/joint_states", state(START + tick * TICK, 0.1 * tick))] if tick % 4 == 0 else []
            if 10 <= tick <= 30:
                said += [(f"/{c}_camera/color/image_raw", image(START + tick * TICK, tick, encoding)) for c in cameras]
            for topic, message in said:
                kind = message.__msgtype__
                writer.add_topic(BagTopic(topic, kind, 0, True, False))
                writer.write(topic, START + tick * TICK, bytes(TYPES.serialize_cdr(message, kind)))
    return path


def test_pictures_and_joints_belong_together(tmp_path):
    poses, taken = bag_capture(record(tmp_path / "bag"), "pick_place", 3)
    assert taken.views == ("front", "wrist") * 3
    assert taken.images[:, 0, 0, 0].tolist() == [10, 10, 20, 20, 30, 30]  # from the first to the last moment of all
    assert poses.count == 3
    np.testing.assert_allclose(np.array(poses.joints)[:, 0], [1.0, 2.0, 3.0])  # tick 10 and 30 lie between two states


def test_the_command_writes_a_folder_of_references(tmp_path, capsys):
    bag, out = record(tmp_path / "bag"), tmp_path / "references"
    assert main(["dr", "capture", "--bag", str(bag), "--poses", "1", "--out", str(out)]) == 0
    assert "2 pictures" in capsys.readouterr().out
    assert load_references(out, (32, 32)).images.shape == (2, 32, 32, 3)
    assert captured_poses(out).joints[0][1] == pytest.approx(2.0)


def test_what_a_recording_lacks_is_said(tmp_path, capsys):
    with pytest.raises(DexSim2RealError, match=r"no usable image\.wrist"):
        bag_capture(record(tmp_path / "one_eye", cameras=("front",)), "pick_place", 2)
    with pytest.raises(DexSim2RealError, match="encoding 'bgr8'"):
        bag_capture(record(tmp_path / "blue", encoding="bgr8"), "pick_place", 2)
    for wrong, said in (
        ([], "say one of --twin"),
        (["--twin", "1", "--live"], "say one of --twin"),
        (["--bag", str(tmp_path / "nothing")], "no recording at"),
        (["--bag", str(tmp_path / "blue"), "--poses", "0"], "1 or more poses"),
        (["--live", "--every", "-1"], "0 or more"),
    ):
        assert main(["dr", "capture", *wrong, "--out", str(tmp_path / "x")]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
