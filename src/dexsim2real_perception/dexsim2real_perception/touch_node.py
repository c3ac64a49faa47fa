"""Publishes the touch of the four fingertips, stamped with the time it was sensed."""

from __future__ import annotations

import array
import sys
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from dexsim2real_description import DexSim2RealError, TouchLayout, UnknownNameError, touch_layout
from dexsim2real_description.ros_node import QOS, GraphNode, Health, run_node
from dexsim2real_description.stamps import stamp_fields
from dexsim2real_description.touch_cloud import FIELDS, POINT_STEP, TOUCH_FRAME, pack
from dexsim2real_perception.replay import replay_touch
from dexsim2real_perception.source import SourceLoop
from dexsim2real_perception.touch import TouchFrame, TouchSource
from dexsim2real_perception.xela_decoder import DecoderConfig
from dexsim2real_perception.xela_source import XelaConfig, XelaTouchSource

SOURCES = ("xela", "bag")

PARAMETERS: dict[str, Any] = {
    "source": "xela",
    "touch": "grid15",  # the touch layout
    "uri": "ws://127.0.0.1:5000",
    "sensors": ["1", "2", "3", "4"],  # the server's numbers of the index, middle, ring and thumb tips
    "min_rate": 50.0,  # [Hz]
    "max_age": 0.25,  # [s]
    "path": "",  # of the bag
}
"""Parameters of the node and their defaults."""


class TouchNode(GraphNode):
    """Runs a touch source, publishes its frames, and takes a new no-touch baseline on request."""

    def __init__(self) -> None:
        super().__init__("touch")
        self._values = self.take_parameters(PARAMETERS)
        self._layout = touch_layout(self._values["touch"])
        self._publisher = self.create_publisher(PointCloud2, "/touch/points", QOS["/touch/points"])
        self._xela: XelaTouchSource | None = None
        self._loop = SourceLoop(self._make_source(), self._publish)
        self.create_service(Trigger, "/touch/zero", self._zero)
        self._loop.start()

    def health(self) -> Health:
        """State of the skin, frames, rate, age and temperature."""
        status = self._loop.status
        temperature = self._xela.decoder.temperature if self._xela else None
        known = {} if temperature is None else {"temperature_c": round(temperature, 1)}
        return Health(status.text, status.ok, {**status.values, **known})

    def at_exit(self) -> None:
        """Disconnect."""
        self._loop.stop()

    def _make_source(self) -> TouchSource:
        source, path = self._values["source"], self._values["path"]
        if source not in SOURCES:
            raise UnknownNameError("touch source", source, SOURCES)
        if source == "bag":
            if not path:
                raise DexSim2RealError("touch source 'bag' needs the parameter 'path'")
            return replay_touch(Path(path), self._layout)
        self._xela = XelaTouchSource(self._layout, self._xela_config())
        return self._xela

    def _xela_config(self) -> XelaConfig:
        sensors = self._values["sensors"]
        if len(sensors) != 4 or len(set(sensors)) != 4:
            raise DexSim2RealError(f"parameter 'sensors' is {sensors}; expected four different sensor numbers")
        decoder = DecoderConfig(
            sensors=(sensors[0], sensors[1], sensors[2], sensors[3]),
            min_rate=self._values["min_rate"],
            max_age_s=self._values["max_age"],
        )
        return XelaConfig(self._values["uri"], decoder=decoder)

    def _zero(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._xela is not None
        if self._xela is None:
            response.message = "a replayed recording has no baseline"
        else:
            self._xela.decoder.zero()
            response.message = "taking the no-touch baseline; leave the fingers free"
        return response

    def _publish(self, frame: TouchFrame) -> None:
        stamp = Time(**stamp_fields(frame.stamp_ns))
        self._publisher.publish(cloud_message(frame, self._layout, Header(stamp=stamp, frame_id=TOUCH_FRAME)))


_POINT_FIELDS = [PointField(name=f.name, offset=f.offset, datatype=f.datatype, count=f.count) for f in FIELDS]


def cloud_message(frame: TouchFrame, layout: TouchLayout, header: Header) -> PointCloud2:
    """A touch frame as sensor_msgs/PointCloud2, one point per taxel (see touch_cloud.py)."""
    points = frame.force.shape[0] * frame.force.shape[1]
    message = PointCloud2(
        header=header,
        height=1,
        width=points,
        fields=_POINT_FIELDS,
        is_bigendian=False,
        point_step=POINT_STEP,
        row_step=POINT_STEP * points,
        is_dense=True,
    )
    message.data = array.array("B", pack(frame.force, layout.positions))
    return message


def main() -> int:
    """Entry point of the node."""
    return run_node(TouchNode)


if __name__ == "__main__":
    sys.exit(main())
