"""A transformers token-classification pipeline on the encoder that Odin's model starts from.

Plain fine-tuning with the library's own Trainer, IOB2 tags on the first word piece of each word; its own pipeline
reads, in overlapping windows. https://huggingface.co/docs/transformers/tasks/token_classification
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from odin.benchmark.peers import LABELS
from odin.benchmark.peers.learned import epochs_done, mentions_apart, say_learned
from odin.extraction import Extraction, ExtractionOptions
from odin.labels import LabelSet, load_label_set
from odin.schema import Document, Entity
from odin.training.bases import base_location

BASE = "minilm"
MOST_PIECES, STRIDE = 512, 128
"""Word pieces a window, and what two windows share."""
IGNORED = -100
"""The tag of what is not trained on, as the library has it."""


class TokenClassifier:
    """An Extractor around the library's pipeline."""

    def __init__(self, pipeline: Any, name: str) -> None:
        self.name = name
        self._pipeline = pipeline

    def label_sets(self) -> tuple[str, ...]:
        """The label set of the notes that peers are measured on."""
        return (LABELS,)

    def extract(
        self, documents: Iterable[Document], labels: LabelSet, options: ExtractionOptions | None = None
    ) -> Iterator[Extraction]:
        """One Extraction a document; `labels` and `options` change nothing."""
        del labels, options
        for document in documents:
            found = {(one["entity_group"], one["start"], one["end"]): one for one in self._pipeline(document.text)}
            entities = [Entity(f"T{number}", *place) for number, place in enumerate(sorted(found), 1)]
            yield Extraction(document.with_annotations(entities))


def load(folder: Path) -> TokenClassifier:
    """The pipeline with the weights that `train` saved."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    model = AutoModelForTokenClassification.from_pretrained(folder / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    reader = pipeline(
        "token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first", stride=STRIDE
    )
    return TokenClassifier(reader, f"token-classifier@{epochs_done(folder)} epochs")


def train(notes: Sequence[Document], folder: Path, epochs: int, *, base: str = BASE) -> None:
    """Fine-tune on `notes` until `epochs` are done in all; goes on from the last epoch that is whole."""
    import torch
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
    )
    from transformers.trainer_utils import get_last_checkpoint

    tags = ["O", *(f"{part}-{label}" for label in load_label_set(LABELS).entity_labels for part in "BI")]
    location = base_location(base)
    tokenizer = AutoTokenizer.from_pretrained(location, model_max_length=MOST_PIECES)
    model = AutoModelForTokenClassification.from_pretrained(
        location, id2label=dict(enumerate(tags)), label2id={tag: number for number, tag in enumerate(tags)}
    )
    checkpoints = folder / "checkpoints"
    arguments = TrainingArguments(
        str(checkpoints),
        num_train_epochs=epochs,
        per_device_train_batch_size=4,
        learning_rate=3e-4,
        warmup_steps=0.1,
        save_strategy="epoch",
        save_total_limit=1,
        train_sampling_strategy="group_by_length",
        logging_strategy="epoch",
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to=[],
        seed=0,
    )
    windows = [window for note in notes for window in tagged_windows(note, tokenizer, tags)]
    collator = DataCollatorForTokenClassification(tokenizer)
    trainer = Trainer(model, arguments, data_collator=collator, train_dataset=windows)
    last = get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    trainer.save_model(str(folder / "model"))
    tokenizer.save_pretrained(folder / "model")
    say_learned(folder, notes, epochs)


def tagged_windows(note: Document, tokenizer: Any, tags: Sequence[str]) -> Iterator[dict[str, list[int]]]:
    """The windows of a note, with the tag of each word piece: of a word's first, IGNORED for the others."""
    mentions = mentions_apart(note)
    encoded = tokenizer(
        note.text, truncation=True, stride=STRIDE, return_overflowing_tokens=True, return_offsets_mapping=True
    )
    for window, offsets in enumerate(encoded["offset_mapping"]):
        words = encoded.word_ids(window)
        labels = []
        for place, (word, (start, _)) in enumerate(zip(words, offsets, strict=True)):
            first = word is not None and (place == 0 or words[place - 1] != word)
            labels.append(tags.index(_tag(start, mentions)) if first else IGNORED)
        keys = ("input_ids", "attention_mask")
        yield {**{key: encoded[key][window] for key in keys}, "labels": labels}


def _tag(start: int, mentions: Sequence[Entity]) -> str:
    """The IOB2 tag of a word that starts there."""
    for one in mentions:
        if one.start <= start < one.end:
            return f"{'B' if start == one.start else 'I'}-{one.label}"
    return "O"
