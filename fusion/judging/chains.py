"""What judges, from a YAML file: the keys `rules`, `plugins`, `looking`, `detectors` and `follow` of a site.yaml."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from fusion.detectors.pool import OnnxConfig
from fusion.ingest.looking_policy import LookingPolicy
from fusion.judging.piece import Chain
from fusion.judging.playing import ADAPTIVE
from fusion.plugins import Config, Registries, load_file
from fusion.rules import RuleConfig
from fusion.settings.kinds import rows_of
from fusion.settings.problems import Problem, SiteProblems, from_validation
from fusion.settings.tables import read_marked
from fusion.tracking.config import FollowerConfig


class ChainFile(Config):
    """The file; whoever has a site.yaml copies these keys out of it."""

    rules: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]
    plugins: tuple[str, ...] = ()  #: Python files of the site's own rules, relative to the file
    looking: LookingPolicy = ADAPTIVE
    detectors: OnnxConfig = OnnxConfig()
    follow: FollowerConfig = FollowerConfig()


def read_chain(file: Path) -> Chain:
    """Read it; a bare list is taken for the rules.

    Raises:
        SiteProblems: every fault, with file, line and key.
        SiteError: the file is missing or no YAML, or a plug-in is broken.
    """
    document = read_marked(file)
    bare = isinstance(document.data, list)
    try:
        found = ChainFile.model_validate({"rules": document.data} if bare else document.data)
    except ValidationError as error:
        raise SiteProblems(from_validation(error, document, (), ChainFile.model_fields)) from error
    plugins = tuple(file.parent / plugin for plugin in found.plugins)
    for plugin in plugins:
        load_file(plugin)
    problems: list[Problem] = []
    entries = (((index,) if bare else ("rules", index), raw) for index, raw in enumerate(found.rules))
    rows = list(rows_of(Registries.rules, entries, document, problems))
    if problems:
        raise SiteProblems(problems)
    rules = tuple(row.entry for row in rows if isinstance(row.entry, RuleConfig))
    return Chain(
        rules=rules,
        looking=found.looking,
        detectors=found.detectors,
        follow=found.follow,
        folder=file.parent,
        plugins=plugins,
    )
