"""What the buttons of the Generate tab do; each can be called without a browser."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from annotation.components.annotation_view import view_value
from annotation.components.charts import bar_chart, length_chart
from annotation.generate import generating
from annotation.generate.generating import Run
from annotation.services import served_folder
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.report import markdown_table
from odin.labels import load_label_set
from odin.synthesis.endpoint import Endpoint
from odin.synthesis.generator import BOUNDED, GenerationOptions, check_bounds
from odin.synthesis.rewording import RewordingOptions

LARGEST_SEED = 2**53
"""The largest whole number that a page holds exactly; notes name their seed, so they could not be shown."""

QUALITY_NOTES = 1000
"""Notes that the report in the tab looks at."""

NO_NOTES = (
    "No notes yet. Say what to write and press **Generate**: the newest note is shown while they are made, then how "
    "they are spread, and what can be done with them."
)


def begin(run: Run | None) -> tuple[Any, ...]:
    """What a press of Generate or Augment shows at once; `run` is the one before."""
    if run is not None:
        run.before = True
    return 0, *_buttons(going=True), "Starting", *_pages(note=True, rest=False)


def _pages(*, note: bool, rest: bool) -> tuple[Any, ...]:
    """What stands there before there are notes, the note, the plots, and what can be done with the notes."""
    return tuple(gr.update(visible=shown) for shown in (not note, note, rest, rest))


def _buttons(*, going: bool) -> tuple[Any, ...]:
    """Generate, Augment and Cancel: one run at a time on a page."""
    return tuple(gr.update(interactive=on) for on in (not going, not going, going))


def start(
    count: float, seed: float, labels: str, types: list[str], balance: bool, held_out: bool,
    least_words: float | None, most_words: float | None, least_entities: float | None, most_entities: float | None,
    least_relations: float | None, most_relations: float | None, use: bool, url: str, model: str, prompt: str,
    share: float,
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """Make the notes: the run, its status, the newest note and, at the end, the plots, now and then."""
    options = GenerationOptions(
        seed=_whole_seed(seed), balance=bool(balance), note_types=tuple(types or ()),
        split="test" if held_out else "train",
        **_bounds((least_words, most_words), (least_entities, most_entities), (least_relations, most_relations)),
    )  # fmt: skip
    endpoint = rewording = None
    if use:
        endpoint = _endpoint(url, model)
        if endpoint is None:
            raise InputError("to reword, give the address of the endpoint and the name of the model")
        rewording = RewordingOptions(prompt=prompt, seed=options.seed, share=float(share))
    if held_out and labels == "biored":
        raise InputError("no sentence of abstracts is held out: choose clinical notes, or clear “Test set”")
    run = generating.new_run(count or 0, served_folder() / "generate", labels)
    yield from _streamed(generating.perform(run, options, endpoint, rewording))


def _bounds(*pairs: tuple[float | None, float | None]) -> dict[str, int]:
    """The bounds of BOUNDED in its order as `GenerationOptions` has them; an empty field bounds nothing."""
    bounds = {}
    for what, (least, most) in zip(BOUNDED, pairs, strict=True):
        own = {f"min_{what}": least, f"max_{what}": most}
        given = {name: int(value) for name, value in own.items() if value is not None}
        if len(given) == len(own):
            check_bounds(*given.values(), names=(f"“Least {what}”", f"“Most {what}”"))
        bounds |= given
    return bounds


def augment(
    file: str | None, how: str, copies: float, seed: float, labels: str, url: str, model: str
) -> Iterator[tuple[Any, ...]]:
    """Make new notes from the annotated ones of a file; what comes back is as of `start`."""
    if not file:
        raise InputError("choose a file with annotated notes: native JSON lines, as the downloads of every tab are")
    whole = _whole_seed(seed)
    run, documents = generating.new_augmentation(Path(file), copies or 0, served_folder() / "generate", labels)
    endpoint = _endpoint(url, model)
    going = generating.perform_augmentation(run, documents, how, copies=int(copies), seed=whole, endpoint=endpoint)
    yield from _streamed(going)


def _streamed(runs: Iterator[Run]) -> Iterator[tuple[Any, ...]]:
    same = tuple(gr.skip() for _ in range(5))
    for now in runs:
        yield now, now.status(), *look(now, 0), *same


def _whole_seed(seed: float | None) -> int:
    if abs(seed or 0) > LARGEST_SEED:
        raise InputError(f"the seed {seed:g} is too large: give a whole number of at most 15 digits")
    return int(seed or 0)


def _endpoint(url: str, model: str) -> Endpoint | None:
    return Endpoint(url.strip(), model.strip()) if url.strip() and model.strip() else None


def finish(run: Run | None) -> tuple[Any, ...]:
    """The end of a run, whether it was done or cancelled; `run` is the one before where it made no note."""
    if run is None:
        return *_buttons(going=False), "No note was made", *(None,) * 5, *_pages(note=False, rest=False)
    run.finished = True
    status = f"No new note was made. The run before: {run.status()}" if run.before else run.status()
    made = bool(run.newest)
    return *_buttons(going=False), status, *charts(run), *_pages(note=made, rest=made)


def charts(run: Run) -> tuple[Any, ...]:
    """The plots of a run, in the order of `Results.plots`."""
    return (
        bar_chart(dict(run.entity_labels.most_common()), "Entities"),
        bar_chart(dict(run.relation_labels.most_common()), "Relations"),
        bar_chart(dict(run.assertions.most_common()), "Assertions"),
        length_chart(run.words, "Words a note", 25),
        bar_chart(dict(run.note_types.most_common()), "Note types"),
    )


def look(run: Run | None, at: int) -> tuple[Any, str]:
    """The note `at` places before the newest, and what it is."""
    if run is None or not run.newest:
        return None, ""
    document = run.newest[-1 - min(at, len(run.newest) - 1)]
    words = f"{html.escape(document.id)}: {html.escape(str(document.meta.get('note_type', 'abstract')))}"
    counts = f"{len(document.entities)} entities, {len(document.relations) + len(document.concept_relations)} relations"
    return view_value(document, load_label_set(run.labels)), f"{words}; {counts}"


def move(step: int, run: Run | None, at: int) -> tuple[Any, ...]:
    """Look at an older or newer note."""
    at = max(0, min(at + step, len(run.newest) - 1 if run and run.newest else 0))
    return at, *look(run, at)


def quality_table(run: Run | None, reference: str | None) -> str:
    """The quality report as a Markdown table. Raises OdinError where there are no notes."""
    from odin.synthesis.quality import compare
    from odin.synthesis.quality_command import corpus_texts, known_graph, reference_files, rows_of

    documents = generating.documents_of(run)[:QUALITY_NOTES]
    given = generating.uploaded(Path(reference)) if reference else None
    if given is None:
        given = [document for path in reference_files([]) for document in jsonl.read(path)]
    report = compare(documents, reference=given, graph=known_graph(documents), corpora=corpus_texts())
    rows = [[html.escape(cell).replace("|", "&#124;") for cell in row] for row in rows_of(report)]
    return markdown_table(("measure", "notes", "reference or remark"), rows)


def download(kind: str, run: Run | None) -> tuple[str, str]:
    """The file in a format, and what it could not hold."""
    path, report = generating.write_file(run, kind, served_folder() / "generate")
    lost = f" {len(report.dropped)} things could not be held." if report.dropped else ""
    notes = "".join(f"\n- {html.escape(note)}" for note in dict.fromkeys(report.notes[:5]))
    return str(
        Path(path)
    ), f"{report.documents:,} notes, {report.entities:,} entities, {report.relations:,} relations.{lost}{notes}"
