"""What a fleet serves: streams with their clips, phases and logins. Passwords are never shown."""

import ipaddress
import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import ConfigDict, Field, SecretStr, ValidationError, model_validator

from fusion.fleet.auth import Scheme
from fusion.fleet.faults import Fault
from fusion.plugins import Config, Duration
from fusion.types.errors import SiteError


class StreamConfig(Config):
    """One terminal of the fleet."""

    # pydantic would quote the input in its errors, and with it a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)+$", max_length=200)]
    clip: Path
    #: Where in the clip it is at the fleet's epoch.
    phase_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    user: Annotated[str, Field(pattern=r'^[^:"\\\x00-\x1f]+$', max_length=100)] | None = None
    password: SecretStr | None = None
    auth: Annotated[Scheme, Field(description="how it asks, where it has a user; digest is MD5")] = "digest"

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("wanted: both user and password, or neither")
        return self

    def url(self, host: str, port: int) -> str:
        """The RTSP URL with its login, for clients; never for a log."""
        login = ""
        if self.user is not None and self.password is not None:
            login = f"{quote(self.user, safe='')}:{quote(self.password.get_secret_value(), safe='')}@"
        return f"rtsp://{login}{f'[{host}]' if ':' in host else host}:{port}{self.path}"


class FleetConfig(Config):
    """A whole fleet on one port and one common clock."""

    model_config = ConfigDict(hide_input_in_errors=True)

    streams: Annotated[tuple[StreamConfig, ...], Field(min_length=1)]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="0: any free one")] = 0
    #: A client that sends neither a request nor RTCP for this long is cut off.
    session_timeout: Duration = timedelta(seconds=60)
    #: "gop": what was sent since the last keyframe comes at once, then live. "keyframe": silence until the next one.
    join: Literal["gop", "keyframe"] = "gop"
    #: What may wait for a slow client; beyond it pictures are dropped up to the next keyframe.
    client_buffer_bytes: Annotated[int, Field(ge=16_384)] = 1 << 20
    #: A picture leaves at most so long after it is due; a longer one costs less CPU.
    tick: Annotated[Duration, Field(ge=timedelta(milliseconds=5), le=timedelta(seconds=1))] = timedelta(milliseconds=40)
    #: After so long a Digest login is answered by a new nonce and stale=true; never if left out.
    nonce_lifetime: Duration | None = None
    faults: tuple[Fault, ...] = ()
    #: Draws the terminals that a fault with a share hits.
    seed: int = 0

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        paths = [stream.path for stream in self.streams]
        path, count = Counter(paths).most_common(1)[0]
        if count > 1:
            raise ValueError(f"path {path}: given twice; wanted: one stream each")
        for fault in self.faults:
            if not any(fnmatchcase(path, fault.path) for path in paths):
                raise ValueError(f"fault {fault.path}: no stream has such a path")
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def load_config(path: Path) -> FleetConfig:
    """Read a fleet's JSON file; clips are relative to its folder. SiteError in one line, without any input."""
    try:
        config = parse_config(json.loads(path.read_text("utf-8")), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"fleet {path}: cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise SiteError(f"fleet {path}, line {error.lineno}: no JSON: {error.msg}") from None
    folder = path.resolve().parent
    streams = [stream.model_copy(update={"clip": folder / stream.clip}) for stream in config.streams]
    return config.model_copy(update={"streams": tuple(streams)})


def parse_config(value: object, source: str = "config") -> FleetConfig:
    """A config from JSON's objects; SiteError names the source, the key and what was wrong with it."""
    try:
        return FleetConfig.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        raise SiteError(f"fleet {source}: {key}: {first['msg']}") from None


def dump_config(config: FleetConfig) -> Mapping[str, Any]:
    """The config as JSON's objects with its passwords: only for a file that nobody else can read."""
    value = config.model_dump(mode="json")
    for stream, entry in zip(config.streams, value["streams"], strict=True):
        entry["clip"] = str(stream.clip.resolve())
        entry["password"] = stream.password.get_secret_value() if stream.password else None
    return value
