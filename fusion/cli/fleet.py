"""`fusion fleet`."""

import asyncio
import gc
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from fusion.cli.files import write_text
from fusion.cli.progress import Steps, progress
from fusion.cli.sites import demo_zone
from fusion.fleet.auth import Login, Scheme
from fusion.fleet.config import FleetConfig, parse_config
from fusion.fleet.encode import Form
from fusion.fleet.faults import read_faults
from fusion.fleet.mischief import KINDS
from fusion.fleet.nal import Codec
from fusion.fleet.prepare import prepared
from fusion.fleet.server import Fleet
from fusion.fleet.spread import Scene, find_scenes, spread
from fusion.plugins import format_duration
from fusion.types.errors import SiteError

_SUMMARY_S = 5.0
_CODECS = {"h264": (Codec.H264,), "h265": (Codec.H265,), "both": tuple(Codec)}
_EXAMPLE = """Example: fusion fleet --terminals 1677 --repace 15 --size 640x360 --codec both --faults faults.yaml

A faults file is a list such as
[{path: /t/*, of: 0.3, after: 60s, lasts: 20s}, {path: /t/00*/sub, mischief: {kind: loss, share: 0.05}, after: 2min}].
--kinds lists every kind of mischief."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLE)(fleet)


def fleet(
    *,
    terminals: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 10,
    clips: Annotated[
        list[Path] | None,
        typer.Option(
            help="A clip or a folder of them, H.264 or H.265; may be given again. The demo zone's if left out."
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 0,
    user: Annotated[str | None, typer.Option(help="Ask for a login; the password comes from --password-file.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Its first line is the password.")] = None,
    auth: Annotated[Scheme, typer.Option(help="How it asks; digest is MD5.")] = "digest",
    seconds: Annotated[float | None, typer.Option(min=1, help="End after so long; with Ctrl-C if left out.")] = None,
    faults: Annotated[Path | None, typer.Option(help="Misbehave by this schedule (YAML or JSON).")] = None,
    print_urls: Annotated[Path | None, typer.Option(help="Write the addresses, one a line, with their logins.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write what was sent, when it ends.")] = None,
    seed: Annotated[
        int, typer.Option(help="Spreads the terminals over their clips, and draws those that faults hit.")
    ] = 0,
    tick_ms: Annotated[
        int, typer.Option(min=5, max=1000, help="Send what is due so often; longer costs less CPU.")
    ] = 100,
    repace: Annotated[
        int | None, typer.Option(min=1, max=120, help="Encode the clips again at so many pictures/s.")
    ] = None,
    size: Annotated[str, typer.Option(help="With --repace: width x height.")] = "640x360",
    codec: Annotated[Literal["h264", "h265", "both"], typer.Option(help="With --repace: both takes turns.")] = "both",
    keyframe_s: Annotated[
        float, typer.Option(min=0.1, max=600, help="With --repace: seconds between keyframes.")
    ] = 2.0,
    kbit_s: Annotated[int, typer.Option(min=16, max=200_000, help="With --repace: the bitrate.")] = 500,
    work: Annotated[Path, typer.Option(help="With --repace: keep encoded clips in this folder.")] = Path("var/fleet"),
    allow_remote: Annotated[bool, typer.Option("--allow-remote", help="Let --host be one that others reach.")] = False,
    kinds: Annotated[bool, typer.Option("--kinds", help="List the kinds of mischief with their parameters.")] = False,
) -> None:
    """Serve clips as so many live RTSP terminals, for rehearsals and for sizing such a system."""
    if kinds:
        print("\n".join(_kinds()))
        return
    login, schedule = _login(user, password_file, auth), read_faults(faults) if faults else ()
    with progress() as step:
        scenes = find_scenes(clips or [demo_zone() / "clips"])
        if repace is not None:
            gop, size_px = timedelta(seconds=keyframe_s), _size(size)
            forms = [Form(one, size_px, repace, gop, kbit_s=kbit_s) for one in _CODECS[codec]]
            scenes = _repaced(scenes, forms, work, step)
        config = _config(
            {
                "streams": spread(scenes, terminals, login=login, seed=seed),
                "host": host,
                "port": port,
                "faults": schedule,
                "seed": seed,
                "tick": timedelta(milliseconds=tick_ms),
            }
        )
        _raise_file_limit(len(config.streams))
        stats = asyncio.run(_serve(config, step, seconds, print_urls, allow_remote=allow_remote))
    if json is not None:
        write_text(json, msgspec.json.format(msgspec.json.encode(stats), indent=2).decode() + "\n")


async def _serve(
    config: FleetConfig, step: Steps, seconds: float | None, print_urls: Path | None, *, allow_remote: bool
) -> Mapping[str, Any]:
    """Serve until the time is over or a signal comes; the statistics."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    step.at("reading the clips")
    async with Fleet(config, allow_remote=allow_remote) as running:
        gc.freeze()  # what lives as long as the fleet need not be looked through again
        if print_urls is not None:
            _write_urls(print_urls, [running.url(stream.path) for stream in config.streams])
        step.say(_ready(config, running))
        first = before = _Sum(running)
        until_s = first.at_s + seconds if seconds is not None else float("inf")
        while not ended.is_set() and time.monotonic() < until_s:
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), min(_SUMMARY_S, until_s - time.monotonic()))
            now = _Sum(running)
            if sys.stderr.isatty():
                step.at(now.line(before))
            before = now
        step.say(f"{before.at_s - first.at_s:.0f} s: {before.totals()}")
        return before.facts(first)


class _Sum:
    """A fleet's statistics at one time."""

    def __init__(self, running: Fleet) -> None:
        self.at_s, self.cpu_s = time.monotonic(), time.process_time()
        self.streams = running.stats()
        self.late_s = running.latest_s

    def of(self, name: str) -> int:
        return sum(stream[name] for stream in self.streams.values())

    def line(self, before: "_Sum") -> str:
        mbit_s = (self.of("bytes_sent") - before.of("bytes_sent")) * 8e-6 / max(1e-3, self.at_s - before.at_s)
        up_to_no_good = sum(bool(stream["mischief"]) for stream in self.streams.values())
        return (
            f"{self.of('connections')} connections, {mbit_s:.1f} Mbit/s, {self.of('units_dropped')} pictures dropped "
            f"for slow clients, {up_to_no_good} terminals misbehave, ticks at most {self.late_s * 1000:.0f} ms late"
        )

    def totals(self) -> str:
        return (
            f"{self.of('sessions')} sessions, {self.of('units_sent')} pictures in {self.of('packets_sent')} packets, "
            f"{self.of('bytes_sent') / 1e6:.1f} MB; {self.of('units_dropped')} dropped for slow clients, "
            f"{self.of('logins_refused')} logins refused"
        )

    def facts(self, first: "_Sum") -> Mapping[str, Any]:
        names = ("sessions", "units_sent", "packets_sent", "bytes_sent", "units_dropped", "logins_refused")
        return {
            "streams": len(self.streams),
            "seconds": round(self.at_s - first.at_s, 3),
            **{name: self.of(name) for name in names},
            "latest_tick_s": round(self.late_s, 4),
            "cpu_s": round(self.cpu_s - first.cpu_s, 3),
            "by_path": self.streams,
        }


def _ready(config: FleetConfig, running: Fleet) -> str:
    subs = [stream.path for stream in config.streams if stream.path.endswith("/sub")]
    clips = len({stream.clip for stream in config.streams})
    host = f"[{config.host}]" if ":" in config.host else config.host
    login = f" (login: {config.streams[0].user})" if config.streams[0].user else ""
    urls = f"rtsp://{host}:{running.port}{subs[0]} … {subs[-1]}{login}"
    return f"ready: {urls}: {len(config.streams)} streams of {clips} clips"


def _config(value: Mapping[str, Any]) -> FleetConfig:
    return parse_config(value, "options")


def _login(user: str | None, password_file: Path | None, auth: Scheme) -> Login | None:
    if (user is None) != (password_file is None):
        raise SiteError("--user, --password-file: one without the other; wanted: both, or neither")
    if user is None or password_file is None:
        return None
    try:
        first = (password_file.read_text("utf-8").splitlines() or [""])[0]
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(
            f"--password-file {password_file}: cannot be read: {getattr(error, 'strerror', error)}"
        ) from error
    if not first:
        raise SiteError(f"--password-file {password_file}: its first line is empty; wanted: a password")
    return Login(auth, user, first)


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text)
    if found is None:
        raise SiteError(f"--size {text!r}: wanted width x height, such as 640x360")
    return int(found[1]), int(found[2])


def _repaced(scenes: Sequence[Scene], forms: Sequence[Form], work: Path, step: Steps) -> tuple[Scene, ...]:
    """The scenes' sub-streams in each form."""
    made = []
    for scene in scenes:
        for form in forms:
            step.at(f"encoding {scene.sub.name}: {form.name}")
            made.append(Scene(prepared(scene.sub, work, form)))
    return tuple(made)


def _write_urls(path: Path, urls: Sequence[str]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # they hold logins
    except OSError as error:
        raise SiteError(f"--print-urls {path}: cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join((*urls, "")))


def _raise_file_limit(streams: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # each client is a file
    if 0 <= hard < streams + 64:
        raise SiteError(f"--terminals: {streams} streams need as many open files, {hard} are allowed; see ulimit -n")


def _kinds() -> list[str]:
    lines = []
    for name, kind in KINDS.items():
        given = [f"{key}={_shown(field.get_default())}" for key, field in kind.model_fields.items() if key != "kind"]
        lines.append(f"{name:16}{(kind.__doc__ or '').strip()}" + (f" [{', '.join(given)}]" if given else ""))
    return lines


def _shown(value: object) -> str:
    return format_duration(value) if isinstance(value, timedelta) else str(value)
