"""What is to be tried: the rules, masks, zones and fusion policy as they are, and as a file would have them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fusion.incidents.policy import FusionPolicy
from fusion.plugins import Config, Registries
from fusion.rules.base import RuleConfig
from fusion.settings.marks import Marked
from fusion.settings.problems import Problem, SiteProblems, from_validation
from fusion.settings.registers import Area, ZoneEntry
from fusion.settings.site import Site
from fusion.settings.tables import problem_at, read_marked
from fusion.types.terminal import Terminal

_KEYS = ("rules", "fusion", "terminals")
_WANTED = "wanted: one or more of rules, fusion, terminals"


@dataclass(frozen=True, slots=True)
class Setup:
    """By what things are judged."""

    rules: tuple[RuleConfig, ...]
    terminals: Mapping[str, Terminal]  #: by id
    fusion: FusionPolicy

    def rule_for(self, event: str, zone_kind: str | None) -> RuleConfig | None:
        """The rule that tells of an event in a zone of a kind (None: of any); None: no rule does."""
        return next((r for r in self.rules if r.event == event and zone_kind in {None, *r.zone_kinds}), None)


class _TerminalPatch(Config):
    """What a file may change of a terminal; `masks` are added to those that it has."""

    id: str
    masks: tuple[Area, ...] = ()
    zones: tuple[dict[str, Any], ...] = ()


def setup_of(site: Site) -> Setup:
    """As the site's files say."""
    return Setup(site.rules, {terminal.id: terminal for terminal in site.terminals}, site.config.fusion)


def read_change(file: Path, now: Setup) -> Setup:
    """What a YAML file would make of a setup.

    `rules` are rules as in site.yaml; what one leaves out stays as it is in the rule in use of the same kind (or of the
    same `event`). `fusion` is as in site.yaml, and what it leaves out stays too. `terminals` names terminals by id:
    their `masks` are added, and of their `zones` what is given changes (by id; one that is not known is new). A whole
    site.yaml may be given: its other keys are passed over.

    Raises:
        SiteProblems: every fault, with line and key.
        SiteError: the file is missing or no YAML.
    """
    return changed(read_marked(file), now)


def changed(document: Marked, now: Setup) -> Setup:
    """As `read_change`, of a document that was read."""
    data = document.data
    if isinstance(data, list):
        data = {"rules": data}
        document = Marked(document.file, data, {("rules", *loc): line for loc, line in document.lines.items()})
    if not isinstance(data, dict) or not any(data.get(key) for key in _KEYS):
        raise SiteProblems([Problem(document.file, 1, "", f"changes nothing; {_WANTED}")])
    unknown = [] if "site" in data else [key for key in data if key not in _KEYS]
    problems = [problem_at(document, (key,), f"no such key here; {_WANTED}") for key in unknown]
    rules = _rules(document, data.get("rules") or [], now, problems)
    policy = _policy(document, data.get("fusion") or {}, now, problems)
    terminals = _terminals(document, data.get("terminals") or [], now, problems)
    if problems:
        raise SiteProblems(problems)
    return Setup(rules, terminals, policy)


def _rules(document: Marked, entries: Any, now: Setup, problems: list[Problem]) -> tuple[RuleConfig, ...]:
    rules = list(now.rules)
    for index, raw in enumerate(entries):
        loc = ("rules", index)
        if not isinstance(raw, dict):
            problems.append(problem_at(document, loc, f"found {type(raw).__name__}; wanted: a rule"))
            continue
        key = "kind" if "kind" in raw else "event"
        known = [rule for rule in rules if getattr(rule, key) == raw.get(key)]
        before = known[0] if len(known) == 1 else None
        if before is None and "kind" not in raw:
            kinds = ", ".join(sorted(rule.event for rule in rules))
            wrong = f"{raw.get('event')!r} is told by {len(known)} rules; wanted: a kind, or one of {kinds}"
            problems.append(problem_at(document, loc, wrong))
            continue
        try:
            kind = type(before) if before is not None else Registries.rules.config(raw["kind"])
            # Only what the site itself had said stays; what follows from it is made anew.
            kept = before.model_dump(include=before.model_fields_set) if before is not None else {}
            made = kind.model_validate({**kept, **raw})
        except ValidationError as error:
            names = type(before).model_fields if before is not None else ()
            problems += from_validation(error, document, loc, names)
            continue
        except ValueError as error:
            problems.append(problem_at(document, (*loc, "kind"), str(error)))
            continue
        if isinstance(made, RuleConfig):
            rules = [made if rule is before else rule for rule in rules] if before is not None else [*rules, made]
    return tuple(rules)


def _policy(document: Marked, raw: Any, now: Setup, problems: list[Problem]) -> FusionPolicy:
    if not isinstance(raw, dict):
        problems.append(problem_at(document, ("fusion",), f"found {type(raw).__name__}; wanted: a mapping"))
        return now.fusion
    try:
        return FusionPolicy.model_validate({**now.fusion.model_dump(exclude_unset=True), **raw})
    except ValidationError as error:
        problems += from_validation(error, document, ("fusion",), FusionPolicy.model_fields)
        return now.fusion


def _terminals(document: Marked, entries: Any, now: Setup, problems: list[Problem]) -> Mapping[str, Terminal]:
    terminals = dict(now.terminals)
    for index, raw in enumerate(entries):
        loc = ("terminals", index)
        try:
            patch = _TerminalPatch.model_validate(raw)
        except ValidationError as error:
            problems += from_validation(error, document, loc, _TerminalPatch.model_fields)
            continue
        terminal = terminals.get(patch.id)
        if terminal is None:
            problems.append(
                problem_at(document, (*loc, "id"), f"{patch.id}: no such terminal; wanted: one of the register")
            )
            continue
        masks = replace(terminal.masks, ignored=terminal.masks.ignored + patch.masks)
        terminals[patch.id] = replace(terminal, masks=masks)
        for number, zone in enumerate(patch.zones):
            terminals[patch.id] = _with_zone(terminals[patch.id], zone, document, (*loc, "zones", number), problems)
    return terminals


def _with_zone(
    terminal: Terminal, raw: dict[str, Any], document: Marked, loc: tuple[str | int, ...], problems: list[Problem]
) -> Terminal:
    """The terminal with one zone changed or added."""
    before = next((zone for zone in terminal.zones if zone.id == raw.get("id")), None)
    kept: dict[str, Any] = {}
    if before is not None:
        kept = {"id": before.id, "name": before.name, "kind": before.kind, "polygon": before.polygon}
    try:
        made = ZoneEntry.model_validate({**kept, **raw}).zone()
    except ValidationError as error:
        problems += from_validation(error, document, loc, ZoneEntry.model_fields)
        return terminal
    if before is not None and "windows" not in raw:
        made = replace(made, windows=before.windows)
    others = tuple(zone for zone in terminal.zones if zone.id != made.id)
    return replace(terminal, zones=(*others, made))


def of_patch(patch: Mapping[str, Any], now: Setup) -> Setup:
    """What a suggestion's patch would make of a setup.

    Raises:
        SiteProblems: it does not fit the site any more (a terminal or zone is gone).
    """
    return changed(Marked(Path("suggestion"), dict(patch), {}), now)
