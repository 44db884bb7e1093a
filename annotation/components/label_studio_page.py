"""The Label Studio part of the Review tab: connect, compare, push, pull, sync, and decide conflicts side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from annotation.components.annotation_view import annotation_view, view_value
from annotation.label_studio import panel
from annotation.label_studio.conflicts import resolve
from annotation.label_studio.sync import start_again
from annotation.review.handlers import at_work
from annotation.review.login import reviewer_of
from annotation.services import either_way, shows_errors
from annotation.store import Store
from annotation.store.guidelines import current_guideline
from odin.errors import InputError

SHOWN: dict[str, Any] = {"api_visibility": "private"}
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
WARNING = (
    "Notes, suggestions, gold and submitted reviews go to the server that you name; whoever may see the project there "
    "sees them. The token stays in this page's session and is never stored."
)
PEOPLE = (
    "A reviewer's work goes to the account whose e-mail address is the reviewer's name, and comes back from it. Where "
    "a name here is no such address, choose the account; until then that reviewer's work is not sent."
)
ACTIONS = (
    ("compare", "What would change?", "secondary"),
    ("push", "Push", "secondary"),
    ("pull", "Pull", "secondary"),
    ("sync", "Sync", "primary"),
)


@dataclass(frozen=True)
class PeoplePart:
    """Which account there a reviewer has."""

    part: gr.Accordion
    reviewer: gr.Dropdown
    address: gr.Dropdown
    choose: gr.Button


@dataclass(frozen=True)
class ConflictPart:
    """Both versions side by side, and the decision."""

    chosen: gr.Dropdown
    side_by_side: gr.Row
    words: gr.Textbox
    ours: gr.HTML
    theirs: gr.HTML
    keep: gr.Button
    take: gr.Button


def label_studio_panel(store: Store, project: gr.Dropdown) -> None:
    """Lay the panel out and wire it to the tab's choice of project."""
    connection = gr.State(None)
    gr.Markdown(WARNING)
    with gr.Row(elem_classes="odin-moves"):
        url = gr.Textbox(
            label="Address (empty: LABEL_STUDIO_URL)", placeholder="http://localhost:8080", scale=3, min_width=240
        )
        token = gr.Textbox(label="Token (empty: LABEL_STUDIO_API_KEY)", type="password", scale=3, min_width=240)
        connect = gr.Button("Connect", scale=1, min_width=110)
    with gr.Row():
        connected = gr.Textbox(panel.connected_words(None), label="Connection", interactive=False, max_lines=2)
        status = gr.Textbox(label="Project", interactive=False, lines=2, elem_id="label-studio-status")
    with gr.Row():
        buttons = {name: gr.Button(words, variant=look, min_width=110) for name, words, look in ACTIONS}  # type: ignore[arg-type]
        again = gr.Button("Deleted there: start again", min_width=110)
    said = gr.Textbox(label="Differences", interactive=False, lines=4, max_lines=16, elem_id="label-studio-said")
    people = _lay_out_people()
    part = _lay_out_conflicts()
    shown = [status, part.chosen, part.side_by_side]

    @shows_errors
    def open_session(address: str, secret: str, request: gr.Request) -> tuple[Any, str, str]:
        reviewer_of(store, request)
        opened = panel.open_connection(address, secret)
        return opened, panel.connected_words(opened), ""

    @shows_errors
    def look(name: str | None, request: gr.Request) -> tuple[Any, ...]:
        return _state(store, name, reviewer_of(store, request))

    opening = connect.click(open_session, [url, token], [connection, connected, token], **SHOWN)
    given: dict[str, Any] = {"concurrency_id": "label-studio", "concurrency_limit": 1, **SHOWN}
    doing = {button: act_handler(store, name) for name, button in buttons.items()}
    for button, handler in (doing | {again: start_again_handler(store)}).items():
        done = button.click(handler, [connection, project], said, **given)
        for afterwards in either_way(done):
            afterwards(look, project, shown, **HIDDEN)
    project.change(look, project, shown, **HIDDEN)
    _wire_people(store, project, connection, people, said, opening)
    _wire_conflicts(store, project, part, shown)


def _lay_out_people() -> PeoplePart:
    with gr.Accordion(visible=False, elem_id="label-studio-people") as part:
        gr.Markdown(PEOPLE)
        with gr.Row(elem_classes="odin-moves"):
            reviewer = gr.Dropdown([], label="Reviewer here", scale=3)
            address = gr.Dropdown([], label="Account in Label Studio", scale=3)
            choose = gr.Button("Choose account", scale=1, min_width=110)
    return PeoplePart(part, reviewer, address, choose)


def _wire_people(
    store: Store, project: gr.Dropdown, connection: gr.State, people: PeoplePart, said: gr.Textbox, opening: Any
) -> None:
    @shows_errors
    def look(connected: panel.Connected | None, name: str | None, request: gr.Request) -> tuple[Any, ...]:
        reviewer_of(store, request)
        known = panel.who_is_who(store, connected, name)
        if known is None:
            return gr.update(visible=False), gr.update(), gr.update()
        names, missing = panel.reviewer_names(known), len(known.missing())
        title = f"Accounts: {missing} of {len(names)} reviewers have none there" if missing else "Accounts"
        return (
            gr.update(visible=bool(names), label=title, open=bool(missing)),
            gr.update(choices=names, value=names[0][1] if names else None),
            gr.update(choices=sorted(known.addresses.values()), value=None),
        )

    @shows_errors
    def choose(
        connected: panel.Connected | None, name: str, reviewer: str | None, address: str | None, request: gr.Request
    ) -> str:
        reviewer_of(store, request)
        return panel.choose(store, connected, name, reviewer, address)

    shown = [people.part, people.reviewer, people.address]
    opening.success(look, [connection, project], shown, **HIDDEN)
    project.change(look, [connection, project], shown, **HIDDEN)
    people.choose.click(choose, [connection, project, people.reviewer, people.address], said, **SHOWN).success(
        look, [connection, project], shown, **HIDDEN
    )


def _lay_out_conflicts() -> ConflictPart:
    chosen = gr.Dropdown([], label="Conflicts: changed on both sides", visible=False, elem_id="label-studio-conflict")
    with gr.Column(visible=False, elem_id="label-studio-sides") as side_by_side:
        words = gr.Textbox(label="Where they differ", interactive=False, max_lines=12)
        with gr.Row():
            with gr.Column():
                ours = annotation_view(label="Here", elem_id="label-studio-ours")
                keep = gr.Button("Keep the version here")
            with gr.Column():
                theirs = annotation_view(label="In Label Studio", elem_id="label-studio-theirs")
                take = gr.Button("Take Label Studio's")
    return ConflictPart(chosen, side_by_side, words, ours, theirs, keep, take)  # type: ignore[arg-type]


def _wire_conflicts(store: Store, project: gr.Dropdown, part: ConflictPart, shown: list[Any]) -> None:
    @shows_errors
    def show(name: str | None, number: int | None, request: gr.Request) -> tuple[Any, ...]:
        if not name or not number:
            return gr.update(visible=False), "", None, None
        conflict = panel.find_conflict(store, name, number, reviewer_of(store, request))
        labels = current_guideline(store, name).labels
        sides = [view_value(document, labels) for document in (conflict.ours.document, conflict.theirs)]
        return gr.update(visible=True), panel.conflict_words(store, conflict), *sides

    def decide(choice: str, name: str, number: int | None, request: gr.Request) -> tuple[Any, ...]:
        if not number:
            raise InputError("choose a conflict first")
        viewer = reviewer_of(store, request)
        resolve(store, name, panel.find_conflict(store, name, number, viewer).id, choice)
        return _state(store, name, viewer)

    @shows_errors
    def keep(name: str, number: int | None, request: gr.Request) -> tuple[Any, ...]:
        return decide("ours", name, number, request)

    @shows_errors
    def take(name: str, number: int | None, request: gr.Request) -> tuple[Any, ...]:
        return decide("theirs", name, number, request)

    views = [part.side_by_side, part.words, part.ours, part.theirs]
    part.chosen.change(show, [project, part.chosen], views, **HIDDEN)
    part.keep.click(keep, [project, part.chosen], shown, **HIDDEN)
    part.take.click(take, [project, part.chosen], shown, **HIDDEN)


def act_handler(store: Store, action: str) -> Callable[..., str]:
    """What a button of ACTIONS does, for whoever may review still: a connection lives as long as its page."""

    @shows_errors
    def act(
        connection: panel.Connected | None, chosen: str | None, request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> str:  # fmt: skip
        name, _ = at_work(store, chosen, request)

        def show(step: str, done: int, total: int) -> None:
            progress((done, total) if total else 0.0, desc=f"{action}: {step}", unit="")

        return panel.act(store, connection, name, action, progress=show)

    return act


def start_again_handler(store: Store) -> Callable[..., str]:
    """What the button does where the project was deleted there, for whoever may review still."""

    @shows_errors
    def begin(connection: panel.Connected | None, chosen: str | None, request: gr.Request) -> str:
        name, _ = at_work(store, chosen, request)
        start_again(store, panel.checked(connection).client, name)
        return "Where the project is gone there, the next push makes a new one. Versions here stay."

    return begin


def _state(store: Store, project: str | None, viewer: str) -> tuple[Any, ...]:
    """What the page shows of a project: status, the open conflicts, and the sides of the first."""
    names = panel.conflict_names(store, project, viewer) if project else []
    first = names[0][1] if names else None
    return (
        panel.status_words(store, project) if project else "",
        gr.update(choices=names, value=first, visible=bool(names)),
        gr.update(visible=bool(names)),
    )
