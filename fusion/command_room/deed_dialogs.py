"""Buttons of the deeds that the table allows this user now, and what each of them must be given."""

from collections.abc import Callable

from nicegui import ui

from fusion.command_room.backend import Backend
from fusion.command_room.frame import Visit
from fusion.command_room.privacy import doer_of
from fusion.types.case import Case, CaseState, Deed
from fusion.types.deed import Allowed, Given, Wants
from fusion.types.errors import IllegalDeed
from fusion.types.false_reason import FalseReason
from fusion.types.role import Doer

Newest = Callable[[], Case | None]  #: the case as the page shows it when somebody clicks

_LONGEST_REASON = 2000
_LONGEST_TEXT = 500
#: Nobody says yet that it was dealt with.
_NOTHING_DONE = frozenset({CaseState.FILED, CaseState.DISPATCHED, CaseState.HANDLING})
_OPEN = tuple(state for state in CaseState if state not in {CaseState.CLOSED, CaseState.REJECTED, CaseState.MERGED})
#: What everybody does every day stands open; the rest behind "more".
_FIRST = (
    Deed.FILE,
    Deed.DISPATCH,
    Deed.ACKNOWLEDGE,
    Deed.HANDLE,
    Deed.VERIFY,
    Deed.BOUNCE,
    Deed.CLOSE,
    Deed.RESUME,
    Deed.FINISH_PART,
    Deed.REJECT,
)


def offered(visit: Visit, case: Case) -> tuple[Allowed, ...]:
    """What the page offers: the table's answer for this user."""
    return tuple(visit.backend.allowed(case, visit.doer))


def buttons(visit: Visit, deeds: tuple[Allowed, ...], newest: Newest) -> None:
    """One button a deed."""
    first = [one for one in deeds if one.deed in _FIRST]
    for one in sorted(first, key=lambda one: _FIRST.index(one.deed)):
        look = "outline color=negative" if one.deed is Deed.REJECT else "outline" if one.deed is Deed.BOUNCE else ""
        _marked(ui.button(visit.word(f"do.{one.deed}"), on_click=_on_click(visit, one, newest)), one).props(look)
    rest = [one for one in deeds if one.deed not in _FIRST]
    if rest:
        with ui.button(visit.word("more_deeds")).props("flat data-deed=more"), ui.menu():
            for one in rest:
                item = ui.menu_item(visit.word(f"do.{one.deed}"), on_click=_on_click(visit, one, newest))
                item.props(f'data-deed="{one.deed}"')


def _marked(button: ui.button, one: Allowed) -> ui.button:
    return button.mark(f"deed-{one.deed}").props(f'data-deed="{one.deed}"')


def _on_click(visit: Visit, one: Allowed, newest: Newest) -> Callable[[], None]:
    if one.deed is Deed.REJECT:
        return lambda: _ask_false(visit, newest)
    if one.wants or one.deed is Deed.DISPATCH:
        return lambda: _ask(visit, one, newest)
    return lambda: _do(visit, newest(), one.deed, Given())


def _do(visit: Visit, case: Case | None, deed: Deed, given: Given) -> None:
    if case is None:
        return
    try:
        by = doer_of(visit.backend, visit.user)
        act(visit.backend, case, deed, by, given)
    except IllegalDeed as error:
        word = "stale" if "changed meanwhile" in str(error) else "refused"
        ui.notify(f"{visit.word(word)} ({error})", type="warning", multi_line=True)
    else:
        ui.notify(visit.word("done", deed=visit.word(f"deed.{deed}")), type="positive")


def act(backend: Backend, case: Case, deed: Deed, by: Doer, given: Given) -> None:
    """Do a deed to a case as it was shown; IllegalDeed when it changed meanwhile in a way that matters."""
    try:
        backend.act(case.id, deed, by=by, version=case.version, given=given)
    except IllegalDeed:
        found = backend.case(case.id)
        if deed is not Deed.REJECT or found is None or found[0].state not in _NOTHING_DONE:
            raise
        # That a phone said yes a moment ago says nothing about what the camera showed.
        backend.act(case.id, deed, by=by, version=found[0].version, given=given)


def _ask_false(visit: Visit, newest: Newest) -> None:
    """One tap on what was there instead; a text may be added before."""
    # In the page itself, not beside the button: buttons are drawn anew when the case changes, a question stays.
    with ui.context.client.content, ui.dialog(value=True) as dialog, ui.card().classes("reasons"):
        ui.label(visit.word("give_reason"))
        ui.label(visit.word("one_tap")).classes("dim")
        text = ui.input(visit.word("add_text")).props(f"dense outlined maxlength={_LONGEST_TEXT}")
        text.classes("reason-text")
        with ui.element("div").classes("reason-grid"):
            for reason in FalseReason:

                def reject(reason: FalseReason = reason) -> None:
                    dialog.close()
                    added = str(text.value or "").strip()[:_LONGEST_TEXT]
                    _do(visit, newest(), Deed.REJECT, Given(reason=added, false_reason=reason))

                words = reason.zh if visit.speak.language == "zh" else reason.en
                button = ui.button(words, on_click=reject).props(f'flat align=left no-caps data-reason="{reason}"')
                button.classes("reason")
        ui.button(visit.word("cancel"), on_click=dialog.close).props("outline")


def _ask(visit: Visit, one: Allowed, newest: Newest) -> None:
    """A form with what the deed wants."""
    case = newest()
    if case is None:
        return
    with ui.context.client.content, ui.dialog(value=True) as dialog, ui.card().classes("deed-form"):
        ui.label(visit.word(f"do.{one.deed}"))
        parts = [_field(visit, want, case) for want in sorted(one.wants)]
        if one.deed is Deed.DISPATCH:
            parts.append(_worker(visit))
        reason = ui.textarea(visit.word("ask.reason")).props(
            f"maxlength={_LONGEST_REASON} autogrow outlined stack-label"
        )
        reason.mark("deed-reason").props('data-field="reason"').classes("reason")

        def confirm() -> None:
            found: dict[str, object] = {"reason": str(reason.value or "").strip()}
            for part in parts:
                found |= part()
            dialog.close()
            _do(visit, newest(), one.deed, Given(**found))  # type: ignore[arg-type]  # each field gives its own type

        with ui.row():
            ui.button(visit.word("confirm"), on_click=confirm).props("data-deed=confirm")
            ui.button(visit.word("cancel"), on_click=dialog.close).props("outline")


Field = Callable[[], dict[str, object]]


def _field(visit: Visit, want: Wants, case: Case) -> Field:
    """An input for one thing that is wanted; the reason has its own."""
    if want is Wants.OTHER:
        return _other(visit, case)
    if want is Wants.SOURCES:
        return _sources(visit, case)
    if want is Wants.PLATFORMS:
        names = {key: visit.speak.platform(key) for key in visit.speak.facts.platforms}
        chosen = ui.select(names, label=visit.word("ask.platforms"), multiple=True, value=_lead(case, names))
        chosen.props('outlined use-chips data-field="platforms"').classes("reason")
        return lambda: {"platforms": tuple(chosen.value or ())}
    if want is Wants.PLATFORM:
        names = {key: visit.speak.platform(key) for key in case.unfinished}
        part = ui.select(names, label=visit.word("ask.platform"), value=next(iter(names), None))
        part.props('outlined data-field="platform"').classes("reason")
        return lambda: {"platforms": (part.value,) if part.value else ()}
    return dict


def _lead(case: Case, names: dict[str, str]) -> list[str]:
    return [case.platform] if case.platform in names else []


def _other(visit: Visit, case: Case) -> Field:
    cases = visit.backend.cases(states=_OPEN, kind=case.kind, limit=50)
    names = {other.id: f"{other.number} · {visit.speak.grid(other)}" for other in cases if other.id != case.id}
    if not names:
        ui.label(visit.word("no_choice")).classes("hint")
    chosen = ui.select(names, label=visit.word("ask.other"), with_input=True).props('outlined data-field="other"')
    chosen.classes("reason")
    return lambda: {"other": chosen.value}


def _sources(visit: Visit, case: Case) -> Field:
    ui.label(visit.word("ask.sources")).classes("hint")
    boxes = {}
    for trace in visit.backend.traces(case.id):
        name = (trace.source_id, trace.thing_id)
        label = f"{visit.speak.terminal(trace.source_id)} · {trace.thing_id} · {visit.speak.time(trace.since)}"
        boxes[name] = ui.checkbox(label)
    return lambda: {"sources": tuple(name for name, box in boxes.items() if box.value)}


def _worker(visit: Visit) -> Field:
    on_duty = [status.worker for status in visit.backend.workers() if status.on_duty]
    names = {"": visit.word("nearest"), **{worker.id: f"{worker.id} {worker.name}" for worker in on_duty}}
    chosen = ui.select(names, label=visit.word("ask.worker"), value="", with_input=True)
    chosen.props('outlined data-field="worker"').classes("reason")
    return lambda: {"worker_id": chosen.value or None}
