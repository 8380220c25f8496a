"""YAML with the line of every key kept, so that an error can point at it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fusion.types.errors import SiteError

Loc = tuple[str | int, ...]

_LARGEST_BYTES = 64 * 1024 * 1024
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Marked:
    """One parsed document and where its keys stand."""

    file: Path
    data: Any
    lines: dict[Loc, int] = field(repr=False)  #: path of a key or list entry → 1-based line

    def line(self, loc: Loc) -> int:
        """The line of a path, or of its nearest parent that the file has."""
        for end in range(len(loc), -1, -1):
            if loc[:end] in self.lines:
                return self.lines[loc[:end]]
        return 0


class _Reader:
    """Builds plain data from YAML nodes; aliases are refused, since a few of them can make gigabytes."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[Loc, int] = {}
        self._seen: set[int] = set()
        self._scalars = yaml.CSafeLoader("")

    def read(self, node: yaml.Node, loc: Loc) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(loc, line)
        if isinstance(node, yaml.ScalarNode):
            return self._scalars.construct_object(node)
        if id(node) in self._seen:
            raise SiteError(f"{self.file}:{line}: an alias (*name); wanted: the value itself")
        if len(loc) > _DEEPEST:
            raise SiteError(f"{self.file}:{line}: nested deeper than {_DEEPEST} levels")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.read(entry, (*loc, index)) for index, entry in enumerate(node.value)]
        return self._mapping(node, loc)

    def _mapping(self, node: yaml.Node, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SiteError(f"{self.file}:{line}: a key that is a list or mapping; wanted: a plain word")
            key = str(key_node.value)
            if key in found:
                raise SiteError(f"{self.file}:{line}: {key}: stands twice; wanted: once")
            self.lines[(*loc, key)] = line
            found[key] = self.read(value_node, (*loc, key))
        return found


def read_yaml(file: Path) -> Marked:
    """Parse one file; SiteError with file and line when it is missing, too large or not YAML."""
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise SiteError(f"{file}: larger than {_LARGEST_BYTES >> 20} MiB")
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SiteError(f"{file}: not UTF-8 text (byte {error.start}); wanted: YAML in UTF-8") from error
    except OSError as error:
        raise SiteError(f"{file}: {error.strerror}; wanted: a readable YAML file") from error
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        reader = _Reader(file)
        data = None if node is None else reader.read(node, ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise SiteError(f"{file}:{line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise SiteError(f"{file}: not YAML: {error}".replace("\n", " ")) from error
    return Marked(file, data, reader.lines)
