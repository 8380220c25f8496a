"""GStreamer's RTSP server over one launch line, for the system's own Python: prints its ports; ends with its input.

`/open` is for all, `/basic` and `/digest` ask for admin and p@ss:word, each at its own port.
"""

import sys
from importlib import import_module
from typing import Any

gi: Any = import_module("gi")
for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
GLib: Any = import_module("gi.repository.GLib")
Gst: Any = import_module("gi.repository.Gst")
GstRtsp: Any = import_module("gi.repository.GstRtsp")
Server: Any = import_module("gi.repository.GstRtspServer")

PATHS = ("/open", "/basic", "/digest")
RIGHTS = "viewer,media.factory.access=true,media.factory.construct=true"


def login(path: str) -> Any:
    """What asks for admin's password; a server knows one way only."""
    auth, token = Server.RTSPAuth(), Server.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if path == "/basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(Server.RTSPAuth.make_basic("admin", "p@ss:word"), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest("admin", "p@ss:word", token)
    return auth


def serve(launch: str, path: str) -> Any:
    """A server on a free port of loopback."""
    server, media = Server.RTSPServer(), Server.RTSPMediaFactory()
    server.set_address("127.0.0.1")
    server.set_service("0")
    media.set_launch(launch)
    media.add_role_from_structure(Gst.Structure.new_from_string(RIGHTS))
    if path != "/open":
        server.set_auth(login(path))
    server.get_mount_points().add_factory(path, media)
    server.attach(None)
    return server


def main() -> None:
    """Serve until nobody holds the input any more."""
    Gst.init(None)
    servers = [serve(sys.argv[1], path) for path in PATHS]
    print(*(server.get_bound_port() for server in servers), flush=True)  # noqa: T201 - read by the test
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


if __name__ == "__main__":
    main()
