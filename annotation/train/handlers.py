"""What the buttons, lists and the clock of the Train tab do; each can be called without a browser."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from annotation.components.annotation_view import view_value
from annotation.components.notice import notice_value
from annotation.components.training_charts import compared_chart, run_charts
from annotation.train import sources as training_sources
from annotation.train import training
from annotation.train.check_report import budget_table, command_text, report_words, source_words
from odin.devices import device_of
from odin.errors import InputError
from odin.extraction.catalog import use_model
from odin.labels import LabelSet
from odin.schema import Document
from odin.training import launching
from odin.training.config import MASKED
from odin.training.control import PAUSE, ask
from odin.training.few_shot import SETTINGS
from odin.training.kinds import configuration
from odin.training.registry import keep_model
from odin.training.run_folder import (
    ENDED,
    LOG,
    PAUSED,
    RUNNING,
    Run,
    list_runs,
    metrics_of,
    read_run,
    runs_folder,
    samples_of,
)

LOG_BYTES = 6000
TONES = {"failed": "problem", "lost": "problem", "stopped": "warning", "paused": "warning"}


def source_lists() -> tuple[Any, Any]:
    """The lists of what can be trained on and scored on, as they are now, with the first choice made."""
    updates = []
    for kind in ("train", "dev"):
        found = training_sources.choices(kind)
        first = training_sources.first_choices(found)
        updates.append(gr.update(choices=[(choice.words, choice.key) for choice in found], value=first))
    return updates[0], updates[1]


def weight_rows(keys: Sequence[str] | None, rows: Any) -> list[list[Any]]:
    """A row a chosen source; weights that were set stay."""
    known = _weights(rows)
    words = [training_sources.read_choice(key).words for key in keys or ()]
    return [[name, known.get(name, 1.0)] for name in words]


def kind_chosen(models: Callable[[], Sequence[str]], kind: str) -> list[Any]:
    """Updates for the kind of run: the bases (of `models` those that can be one), the settings of either kind, epochs,
    dev notes, the button for few notes."""
    generative = kind == training.GENERATIVE
    config = configuration({"kind": kind, "sources": []})
    found = training.bases(kind, models())
    return [
        gr.update(choices=found, value=found[0], info=training.BASE_WORDS[kind]),
        gr.update(visible=not generative),
        gr.update(visible=generative),
        config.epochs,
        config.dev_documents,
        gr.update(visible=not generative),
    ]


def few_notes() -> list[Any]:
    """The settings for few notes: base, epochs, learning rate, word pieces a step, nothing to score on, the others."""
    shown = ("base", "epochs", "learning_rate", "batch_pieces")
    others = {name: value for name, value in SETTINGS.items() if name not in shown}
    return [*(SETTINGS[name] for name in shown), [], json.dumps(others)]


def settings_of(*inputs: Any) -> tuple[str, dict[str, Any], str, int | None]:
    """(name, configuration, device, threads) from the form. Raises InputError."""
    (
        kind, name, base, sources, dev, weights, files, dev_files, file_labels, notes, epochs, learning_rate, seed,
        device, batch_pieces, quantization, batch_size, max_tokens, dev_documents, threads, precision, more,
    ) = inputs  # fmt: skip
    device_of(device)
    made = {"file_labels": file_labels, "notes": int(notes or 0), "seed": int(seed or 0)}
    form = {
        "kind": kind, "base": str(base or "").strip(), "seed": int(seed or 0), "epochs": int(epochs or 0),
        "learning_rate": float(learning_rate or 0), "precision": precision, "dev_documents": int(dev_documents or 0),
    }  # fmt: skip
    if kind == training.GENERATIVE:
        own = {"quantization": quantization, "batch_size": int(batch_size or 0), "max_tokens": int(max_tokens or 0)}
    else:
        own = {"batch_pieces": int(batch_pieces or 0)}
    set_weights = _weights(weights)
    settings = training.settings_from(
        training_sources.sources_of(sources or (), set_weights, files=files or (), **made),
        training_sources.sources_of(dev or (), {}, files=dev_files or (), **made),
        {**form, **own},
        more or "",
    )
    return name or "", settings, device, int(threads) if threads else None


def check(*inputs: Any) -> Iterator[list[Any]]:
    """Updates of the report: what the run takes, found by making a few steps in another process."""
    yield [gr.update(visible=False), notice_value("Checking: loading the base and measuring a few steps …"), None, ""]
    try:
        _, settings, device, threads = settings_of(*inputs)
        report = training.run_check(settings, device=device, threads=threads)
    except InputError as err:
        yield [gr.update(visible=False), notice_value(str(err), tone="problem"), None, ""]
        return
    words, tone, items = report_words(report, device)
    said = notice_value(words, tone=tone, detail=" ".join(items[:1]), items=items[1:])
    yield [gr.update(visible=True), said, budget_table(report), command_text(report)]


def start(*inputs: Any) -> tuple[Any, str]:
    """Start a run: the list of runs with it chosen, and the empty name."""
    name, settings, device, threads = settings_of(*inputs)
    run = launching.start(settings, name or _free_name(), device=device, threads=threads)
    return gr.update(choices=_names(), value=run.name), ""


def attach() -> tuple[Any, Any]:
    """The runs as they are: a page that is opened or loaded again looks at the newest."""
    names = _names()
    return gr.update(choices=names, value=names[0] if names else None), gr.update(choices=names)


def compared_names() -> Any:
    """The runs that can be compared, as they are now."""
    return gr.update(choices=_names())


def tick(name: str | None, seen: str) -> list[Any]:
    """Updates of guidance, box, table, status, four buttons, plots, sample list, log; and what has been seen.

    What has not changed since `seen` is left as it is, so that nothing flickers.
    """
    runs = list_runs()
    rows = training.run_rows()
    chosen = next((run for run in runs if run.name == name), None)
    records = metrics_of(chosen.folder) if chosen else []
    status = "|".join(map(str, (name, rows)))
    curves = f"{name}:{len(records)}"
    known_status, _, known_curves = seen.partition("\n")
    table = [gr.skip()] if status == known_status else [rows]
    head = [gr.update(visible=not runs), gr.update(visible=bool(runs)), *table]
    if chosen is None:
        return [*head, None, *[gr.update(interactive=False)] * 4, *[None] * 5, gr.skip(), "", f"{status}\n{curves}"]
    words, detail = training.status_words(chosen)
    said = notice_value(words, tone=TONES.get(chosen.state, "plain"), detail=detail)
    drawn = [gr.skip()] * 6 if curves == known_curves else [*run_charts(records), _sample_list(chosen)]
    return [*head, said, *_buttons(chosen), *drawn, log_end(chosen), f"{status}\n{curves}"]


def _buttons(run: Run) -> list[Any]:
    on = run.state == RUNNING, run.state in (PAUSED, *ENDED) and run.state != "finished", run.alive
    extracts = run.config.get("kind") != MASKED and (run.folder / "model" / "metrics.json").is_file()
    return [gr.update(interactive=value) for value in (*on, extracts)]


def pause(name: str) -> None:
    """Ask the run to write its checkpoint and wait."""
    ask(_run(name).folder, PAUSE)


def resume(name: str) -> None:
    """Let the run go on from where it is, or from its checkpoint."""
    launching.resume(_run(name).folder)


def stop(name: str) -> None:
    """Ask the run to finish its step and its checkpoint and to end."""
    launching.stop(_run(name).folder)


def use(name: str) -> None:
    """Put the run's model among the models at hand, and let Extract and Review begin with it."""
    folder = keep_model(_run(name).folder)
    use_model(folder.name)
    gr.Info(f"Extract and the suggestions of Review now begin with {folder.name}", title="Model chosen", duration=8)


def row_name(event: gr.SelectData) -> str:
    """The run whose row was selected."""
    return str(event.row_value[0])


def show_sample(name: str | None, place: int | None) -> tuple[Any, Any]:
    """The note at that place of the newest samples, as gold and as predicted."""
    samples = samples_of(_run(name).folder) if name else []
    if place is None or not 0 <= int(place) < len(samples):
        return None, None
    sample = samples[int(place)]
    labels = LabelSet.from_json(sample["labels"])
    gold, predicted = (Document.from_json(sample[key]) for key in ("gold", "predicted"))
    return view_value(gold, labels), view_value(predicted, labels)


def compare(names: Sequence[str] | None) -> tuple[Any, Any]:
    """The runs side by side: a table and their dev scores over time."""
    if not names:
        return None, None
    columns, rows = training.compare_rows(names)
    chart = compared_chart({name: metrics_of(_run(name).folder) for name in names})
    return {"headers": columns, "data": rows}, chart


def log_end(run: Run) -> str:
    """The end of the run's log, in whole lines."""
    try:
        with (run.folder / LOG).open("rb") as file:
            file.seek(0, os.SEEK_END)
            size = file.tell()
            file.seek(max(0, size - LOG_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text if size <= LOG_BYTES else text.partition("\n")[2]


def _sample_list(run: Run) -> Any:
    samples = samples_of(run.folder)
    names = [(f"{source_words(item['name'])} · {item['gold']['id']}", place) for place, item in enumerate(samples)]
    return gr.update(choices=names, value=0 if names else None)


def _run(name: str | None) -> Run:
    """The run of that name among those of this server; a page must not open other folders."""
    if not name or name not in _names():
        raise InputError(f"there is no run {name!r}; choose one from the table")
    return read_run(runs_folder() / name)


def _names() -> list[str]:
    return [run.name for run in list_runs()]


def _free_name() -> str:
    taken = set(_names())
    return next(name for number in range(1, len(taken) + 2) if (name := f"run-{number}") not in taken)


def _weights(rows: Any) -> dict[str, float]:
    values = rows.values.tolist() if hasattr(rows, "values") else rows or []
    out = {}
    for row in values:
        if not row or not row[0]:
            continue
        try:
            weight = float(row[1])
        except (TypeError, ValueError) as err:
            raise InputError(f"weight of {row[0]}: {row[1]!r} is not a number; give one from 0 upwards") from err
        if not 0 <= weight <= 100:
            raise InputError(f"weight of {row[0]}: {weight:g} is not from 0 to 100")
        out[str(row[0])] = weight
    return out
