"""What a site can bring of its own: a detector family, sensor, rule or notifier is one file.

The file holds a frozen config with a literal `kind` and the logic, and registers both:

    @Registries.rules.register
    class LoiterConfig(Config):
        kind: Literal["loiter"] = "loiter"
        dwell: Duration = timedelta(minutes=3)

The site's YAML names the kind; a misspelt kind or key is refused with the list of valid ones.
"""

import importlib.util
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from fusion.types.errors import SiteError

_C = TypeVar("_C", bound="Config")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: object) -> object:
    """Read "20s", "4min 30s", "250ms" or a `timedelta`; anything else is refused in words."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and re.fullmatch(rf"(?:{_PART.pattern}\s*)+", value.strip()):
        return timedelta(seconds=sum(float(n) * _UNIT_S[u] for n, u in _PART.findall(value)))
    raise ValueError(f'wanted a duration with its unit such as "20s" or "4min 30s", found {value!r}')


def format_duration(value: timedelta) -> str:
    """The shortest form that `parse_duration` reads back, such as "4min 30s"."""
    rest, parts = value.total_seconds(), []
    for unit in ("d", "h", "min"):
        count, rest = divmod(rest, _UNIT_S[unit])
        if count:
            parts.append(f"{count:.0f}{unit}")
    if rest or not parts:
        parts.append(f"{rest:g}s")
    return " ".join(parts)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": rf"^({_PART.pattern}\s*)+$", "examples": ["20s"]}),
]


class Config(BaseModel):
    """The base of everything that a site configures: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Registry:
    """The kinds of one thing that a site may name, shipped ones and the site's own."""

    def __init__(self, thing: str) -> None:
        self.thing = thing
        self._configs: dict[str, type[Config]] = {}

    def register(self, config: type[_C]) -> type[_C]:
        """Class decorator; the config's `kind` literal is the name. A kind taken twice is refused."""
        kind = config.model_fields["kind"].default
        if kind in self._configs:
            raise SiteError(f"{self.thing} {kind!r}: registered twice; wanted: a name of its own")
        self._configs[kind] = config
        return config

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds, sorted."""
        return tuple(sorted(self._configs))

    def config(self, kind: object) -> type[Config]:
        """The config class of a kind, or an error that lists the valid ones."""
        if not isinstance(kind, str) or kind not in self._configs:
            raise ValueError(f"{kind!r} is no kind of {self.thing}; valid: {', '.join(self.kinds)}")
        return self._configs[kind]

    def parse(self, value: object) -> Config:
        """A config from the mapping that the site's YAML holds."""
        if isinstance(value, Config):
            return value
        if not isinstance(value, dict):
            msg = f"wanted a mapping with the key 'kind', found {value!r}"
            raise ValueError(msg)  # noqa: TRY004 - pydantic turns only ValueError into a message for the site
        return self.config(value.get("kind")).model_validate(value)


class Registries:
    """All registries; packages register their own kinds on import."""

    rules: ClassVar[Registry] = Registry("rule")
    detectors: ClassVar[Registry] = Registry("detector family")
    sensors: ClassVar[Registry] = Registry("sensor")
    notifiers: ClassVar[Registry] = Registry("notifier")


def load_file(path: Path) -> Any:
    """Run a site's plug-in file; whatever goes wrong in it names the file and stops the start."""
    name = f"fusion_site_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SiteError(f"plug-in {path}: not a Python file; wanted: the path of a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SiteError:
        raise
    except Exception as error:
        raise SiteError(f"plug-in {path}: {type(error).__name__}: {error}") from error
    return module
