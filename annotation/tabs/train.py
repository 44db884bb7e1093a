"""The Train tab: what to learn from, what it takes, and runs that go on when the page is closed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr
from gradio.context import Context

from annotation.components.choices import follow_choices
from annotation.components.notice import notice_value
from annotation.components.training_page import Form, Report, Watch, lay_out_form, lay_out_watch
from annotation.services import Services, either_way, shows_errors
from annotation.store import Store, default_store_path, open_store
from annotation.train import handlers
from annotation.train.permission import HOW, OFF, check_may_train, may_train
from annotation.train.training import bases
from odin.devices import devices
from odin.training.config import JOINT

TITLE = "Train"
HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(services: Services) -> None:
    """Lay out the tab and wire it."""
    store = open_store(default_store_path())

    def visited(request: gr.Request) -> list[Any]:
        return off(store, request)

    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=340):
            form, report = lay_out_form(bases(JOINT, services.models()), devices(), services.label_sets())
        with gr.Column(scale=3, min_width=380):
            watch = lay_out_watch()
    seen = gr.State("")
    ticked = [
        watch.guidance, watch.box, watch.table, watch.status, watch.pause, watch.resume, watch.stop, watch.use,
        *watch.plots, watch.sample, watch.log, seen,
    ]  # fmt: skip
    _wire_form(store, form, report, watch, ticked, seen)
    follow_choices(form.file_labels, services.label_sets, lambda: services.label_sets()[0])
    form.kind.input(
        partial(handlers.kind_chosen, services.models), form.kind,
        [form.base, form.encoder, form.language_model, form.epochs, form.dev_documents, form.few], **HIDDEN,
    )  # fmt: skip
    form.few.click(
        handlers.few_notes, None,
        [form.base, form.epochs, form.learning_rate, form.batch_pieces, form.dev, form.more], **HIDDEN,
    )  # fmt: skip
    _wire_watch(store, watch, ticked, seen)
    page = Context.root_block
    if page is not None:
        page.load(handlers.source_lists, None, [form.sources, form.dev], **HIDDEN).then(
            shows_errors(handlers.weight_rows), [form.sources, form.weights], form.weights, **HIDDEN
        )
        page.load(handlers.attach, None, [watch.run, watch.compared], **HIDDEN).then(
            handlers.tick, [watch.run, seen], ticked, **HIDDEN
        )
        page.load(visited, None, [form.check, form.start, watch.steer, report.said], **HIDDEN)


def off(store: Store, request: gr.Request) -> list[Any]:
    """Updates that turn off the buttons that the visitor of a loaded page may not press, and say why."""
    if may_train(store, request.username):
        return [gr.skip()] * 4
    button, said = gr.update(interactive=False), notice_value(OFF, tone="warning", detail=HOW)
    return [button, button, gr.update(visible=False), said]


def permitted(store: Store, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler for those who may train; others, who may have sent the request without the page, are told why not."""

    def function(request: gr.Request, *inputs: Any) -> Any:
        check_may_train(store, request.username)
        return handler(*inputs)

    def generator(request: gr.Request, *inputs: Any) -> Any:
        check_may_train(store, request.username)
        yield from handler(*inputs)

    return shows_errors(generator if isgeneratorfunction(handler) else function)


def _wire_form(store: Store, form: Form, report: Report, watch: Watch, ticked: list[Any], seen: gr.State) -> None:
    form.sources.input(shows_errors(handlers.weight_rows), [form.sources, form.weights], form.weights, **HIDDEN)
    form.check.click(
        permitted(store, handlers.check),
        form.inputs,
        [report.box, report.said, report.budget, report.command],
        concurrency_id="check",
        concurrency_limit=1,
        **HIDDEN,
    )
    form.start.click(permitted(store, handlers.start), form.inputs, [watch.run, form.name], **HIDDEN).then(
        handlers.tick, [watch.run, seen], ticked, **HIDDEN
    )


def _wire_watch(store: Store, watch: Watch, ticked: list[Any], seen: gr.State) -> None:
    look = [watch.run, seen]
    watch.timer.tick(handlers.tick, look, ticked, trigger_mode="once", concurrency_limit=None, **HIDDEN)
    watch.table.select(handlers.row_name, None, watch.run, **HIDDEN)
    watch.run.change(handlers.tick, look, ticked, **HIDDEN)
    for button, handler in (
        (watch.pause, handlers.pause),
        (watch.resume, handlers.resume),
        (watch.stop, handlers.stop),
        (watch.use, handlers.use),
    ):
        for afterwards in either_way(button.click(permitted(store, handler), watch.run, None, **HIDDEN)):
            afterwards(handlers.tick, look, ticked, **HIDDEN)
    watch.sample.change(
        shows_errors(handlers.show_sample), [watch.run, watch.sample], [watch.gold, watch.predicted], **HIDDEN
    )
    watch.compared.focus(handlers.compared_names, None, watch.compared, **HIDDEN)
    watch.compared.change(
        shows_errors(handlers.compare), watch.compared, [watch.comparison, watch.comparison_plot], **HIDDEN
    )
