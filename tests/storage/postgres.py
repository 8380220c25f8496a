"""A private PostgreSQL cluster on a free port of loopback, made and dropped by the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from fusion.children import Child, free_port

PASSWORD = "geheim-9"
_SETTINGS = {"fsync": "off", "listen_addresses": "127.0.0.1", "shared_buffers": "16MB", "max_connections": "40"}


def binaries() -> Path:
    """Where Debian keeps PostgreSQL's programs, of the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("Debian's postgresql is not installed")
    return found[-1].parent


def _as_postgres() -> list[str]:
    # The server refuses to run as root.
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


class Cluster:
    """One running server; each `database()` is a fresh, empty database."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._bin, self._port, self._made = folder, binaries(), free_port(), 0
        password = folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            for path in (folder, password):
                os.chown(path, account.pw_uid, account.pw_gid)
        make = [str(self._bin / "initdb"), "-D", str(folder / "data"), "-U", "fusion", "--auth=scram-sha-256"]
        make += [f"--pwfile={password}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([*_as_postgres(), *make], check=True, capture_output=True, cwd=folder)
        self.child = self._started()

    def database(self) -> URL:
        self._made += 1
        name = f"fusion_{self._made}"
        make = [str(self._bin / "createdb"), "-h", "127.0.0.1", "-p", str(self._port), "-U", "fusion", name]
        subprocess.run(make, check=True, capture_output=True, env={**os.environ, "PGPASSWORD": PASSWORD})
        return URL.create("postgresql+psycopg", "fusion", PASSWORD, host="127.0.0.1", port=self._port, database=name)

    def stop(self) -> None:
        """At once, as if the power went."""
        stop = [str(self._bin / "pg_ctl"), "-D", str(self._folder / "data"), "-m", "immediate", "stop"]
        subprocess.run([*_as_postgres(), *stop], check=False, capture_output=True, cwd=self._folder)
        self.child.stop()

    def start(self) -> None:
        self.child = self._started()

    def _started(self) -> Child:
        # setpriv becomes the server itself, which then dies with us, however we die.
        args = ["setpriv", "--pdeathsig", "KILL"]
        args += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
        args += [str(self._bin / "postgres"), "-D", str(self._folder / "data"), "-p", str(self._port)]
        args += ["-k", str(self._folder), *(f"--{key}={value}" for key, value in _SETTINGS.items())]
        child = Child("postgres", args, log=self._folder.parent / "postgres.log", cwd=self._folder)
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        child.wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, 30)
        return child


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster in a folder that the server's own user may enter."""
    above = Path(tempfile.mkdtemp(prefix="fusion-pg-"))
    above.chmod(0o755)
    folder = above / "pg"
    folder.mkdir(mode=0o700)
    try:
        found = Cluster(folder)
        try:
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(above, ignore_errors=True)
