"""Which bus a site has."""

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from fusion.plugins import Config
from fusion.types.errors import SiteError

EMBEDDED = "embedded"
WANTED = "wanted: embedded, redis://host:port/0 or rediss://host:port/0"


class BusConfig(Config):
    """Which bus."""

    url: str = EMBEDDED  #: "embedded", redis://host:port/0 or rediss://…
    password_file: str | None = None  #: relative to the site's folder

    def resolved(self, folder: Path) -> str:
        """The URL with the password of the file, if one is named."""
        if self.password_file is None:
            return self.url
        try:
            password = (folder / self.password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a text"
            raise SiteError(f"bus.password_file: {self.password_file}: {why}; wanted: a file with one line") from error
        parts = urlsplit(self.url)
        user = parts.username or ""
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def shown(address: str) -> str:
    """An address without user, password and options, fit to be shown."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
