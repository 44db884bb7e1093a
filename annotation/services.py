"""What the tabs share: where Odin keeps its files, the models and label sets at hand, and how errors reach the page.

Nothing of a user is kept here: what somebody pasted lives in the state of their own session.
"""

from __future__ import annotations

import functools
import html
import os
import re
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

from odin.corpora import jsonl
from odin.errors import OdinError
from odin.extraction import Extractor, catalog
from odin.home import home_folder
from odin.labels import LabelSet, keep_label_set, label_set_names, load_label_set
from odin.schema import Document

SAMPLES = Path(__file__).parents[1] / "data" / "samples" / "notes.jsonl"


def data_folder() -> Path:
    """Where Odin keeps what must last; never inside the project."""
    return home_folder()


def served_folder() -> Path:
    """Where files on their way to or from a browser lie (GRADIO_TEMP_DIR, set by `app.py`)."""
    return Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "odin-files")


@dataclass(frozen=True)
class Services:
    """One for the running app; handed to each tab's `build`."""

    folder: Path = field(default_factory=data_folder)

    def models(self) -> tuple[str, ...]:
        """The names of the models at hand; the only ones that a page or the API may ask for."""
        return catalog.model_names()

    def model(self, name: str) -> catalog.ModelSummary:
        """The label sets and thresholds of a model at hand. Raises ModelError."""
        self._check_name(name)
        return catalog.summarise(name)

    def extractor(self, name: str) -> Extractor:
        """A model at hand, loaded at its first use. Raises ModelError."""
        self._check_name(name)
        return catalog.load_extractor(name)

    def label_sets(self) -> tuple[str, ...]:
        """The names of the label sets, the default first and those of users last."""
        return label_set_names()

    def labels(self, name: str) -> LabelSet:
        """The label set of that name. Raises LabelError."""
        return load_label_set(Path(name).stem)

    def keep_labels(self, path: str) -> LabelSet:
        """Keep a label set that somebody uploaded. Raises LabelError."""
        return keep_label_set(Path(path))

    def samples(self) -> tuple[Document, ...]:
        """The demo notes, without annotations; `meta["title"]` says what each is."""
        return tuple(jsonl.read(SAMPLES))

    def preload(self) -> None:
        """Start loading the first model in the background, so that the first extraction need not wait for it."""

        def load() -> None:
            with suppress(OdinError):  # the tab says it when it is used
                for name in self.models()[:1]:
                    self.extractor(name)

        threading.Thread(target=load, name="preload", daemon=True).start()

    def _check_name(self, name: str) -> None:
        # a page or a client of the API must not make the server open folders or fetch from the hub
        if name not in self.models():
            known = ", ".join(self.models()) or "none yet: train one, or fetch the project with its weights"
            raise catalog.ModelError(f"no model {name!r} at hand; there are {known}")


def shows_errors(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler with each OdinError shown on the page in its own words; other errors are bugs and stay."""
    if isgeneratorfunction(handler):

        @functools.wraps(handler)
        def generator(*args: Any, **kwargs: Any) -> Generator[Any, None, None]:
            try:
                yield from handler(*args, **kwargs)
            except OdinError as err:
                raise _shown(err) from err

        return generator

    @functools.wraps(handler)
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except OdinError as err:
            raise _shown(err) from err

    return function


def either_way(event: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What to run after an event of the page, whether it went well or failed: each takes what `then` takes.

    In Gradio 6.31 `then` does not run after an event that failed.
    """
    return event.success, event.failure


def _shown(err: OdinError) -> Exception:
    import gradio

    # a file is known to the page by its name: where the server keeps it is no concern of the user
    kept = re.escape(f"{served_folder()}{os.sep}") + rf"[^{re.escape(os.sep)}]+{re.escape(os.sep)}"
    # the page reads the message as markup, where quotation marks mean nothing; a client of the API reads it as it is
    words = html.escape(re.sub(kept, "", str(err)), quote=False)
    return gradio.Error(words, title="This cannot be done", duration=None, print_exception=False)
