"""The figures of a review project, and its gold set to take away."""

from __future__ import annotations

from typing import Any

import gradio as gr

from annotation.components.figures_view import figures_view
from annotation.components.listeners import HIDDEN, SHOWN
from annotation.review.figures import figures_value
from annotation.review.handlers import at_work, check_may_see_gold
from annotation.services import served_folder, shows_errors
from annotation.store import Store


def figures_panel(store: Store, project: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay the panel out and wire it to the Review tab's choice of project."""
    refresh = gr.Button("Work out the figures", elem_id="figures-refresh")
    view = figures_view(elem_id="figures")
    with gr.Row(elem_classes="odin-moves"):
        export = gr.Button("Export gold", variant="primary", scale=1, min_width=140)
        file = gr.File(label="Gold set", interactive=False, height=90, scale=3)
    loss = gr.Textbox(label="What each format holds", interactive=False, lines=6, elem_classes="odin-mono")

    @shows_errors
    def work_out(chosen: str, request: gr.Request) -> Any:
        return figures_value(store, *at_work(store, chosen, request))

    @shows_errors
    def enter(chosen: str | None, request: gr.Request) -> Any:
        return work_out(chosen, request) if chosen else None

    @shows_errors
    def take_away(chosen: str, request: gr.Request) -> tuple[str, str]:
        return _export(store, *at_work(store, chosen, request))

    refresh.click(work_out, project, view, **SHOWN)
    tab.select(enter, project, view, **SHOWN)
    project.change(lambda: None, None, view, **HIDDEN)
    export.click(take_away, project, [file, loss], **SHOWN)


def _export(store: Store, project: str, reviewer: str) -> tuple[str, str]:
    """The file of the gold set, and what each format holds."""
    from annotation.gold import export_gold
    from annotation.gold.check import loss_table
    from annotation.gold.command import project_gold

    check_may_see_gold(store, project, reviewer)
    folder = served_folder()
    folder.mkdir(parents=True, exist_ok=True)
    safe = "".join(character if character.isalnum() else "_" for character in project)
    path = folder / f"gold_{safe}.zip"
    proofs = export_gold(project_gold(store, project), path)
    return str(path), loss_table(proofs)
