"""Touch from a running XELA server, over its websocket."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from dexsim2real_description import TouchLayout
from dexsim2real_description.optional import require
from dexsim2real_perception.errors import SourceError
from dexsim2real_perception.source import State
from dexsim2real_perception.touch import TouchFrame
from dexsim2real_perception.xela_decoder import DecoderConfig, XelaDecoder


@dataclass(frozen=True)
class XelaConfig:
    """Where the server is. Version 1.7.6 listens on the first network address of its machine, not on localhost."""

    uri: str = "ws://127.0.0.1:5000"
    connect_timeout_s: float = 1.0
    silence_s: float = 1.0
    """A server that says nothing for so long is taken for gone."""
    decoder: DecoderConfig = field(default_factory=DecoderConfig)


class XelaTouchSource:
    """A touch source (see source.py) on the XELA server."""

    def __init__(self, layout: TouchLayout, config: XelaConfig | None = None) -> None:
        self.config = config or XelaConfig()
        self.decoder = XelaDecoder(layout, self.config.decoder)
        self._connected = ExitStack()
        self._socket: Any = None
        self._heard = 0.0

    @property
    def state(self) -> State:
        """What the decoder says of the last message."""
        return self.decoder.state

    def open(self) -> None:
        """Connect. Raises SourceError if nothing that speaks websocket answers."""
        client = require("websockets.sync.client", "touch")
        exceptions = require("websockets.exceptions", "touch")
        try:
            # No pings (the server need not know them: silence is what we watch), no compression (latency), no proxy.
            self._socket = self._connected.enter_context(
                client.connect(
                    self.config.uri,
                    open_timeout=self.config.connect_timeout_s,
                    close_timeout=0.2,
                    ping_interval=None,
                    compression=None,
                    proxy=None,
                )
            )
        except (OSError, exceptions.WebSocketException) as error:
            raise SourceError(
                f"no XELA server at {self.config.uri} ({error or type(error).__name__}); start xela_server and "
                "check its address"
            ) from error
        self._heard = time.monotonic()

    def read(self, timeout_s: float) -> TouchFrame | None:
        """The next new frame; None if none came in time. Raises SourceError if the server is gone or silent."""
        exceptions = require("websockets.exceptions", "touch")
        try:
            text = self._socket.recv(timeout=timeout_s)
        except TimeoutError:
            if time.monotonic() - self._heard > self.config.silence_s:
                raise SourceError(f"the XELA server at {self.config.uri} sends nothing; restart it") from None
            return None
        except exceptions.ConnectionClosed as error:
            raise SourceError(f"the XELA server at {self.config.uri} closed the connection ({error})") from error
        self._heard = time.monotonic()
        return self.decoder.feed(text, time.time_ns())

    def close(self) -> None:
        """Disconnect."""
        self._connected.close()
        self._socket = None
