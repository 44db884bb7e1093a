"""Scores that say how often they are right: the scale, how it is fitted, and that what is found stays the same."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import NOTES, tiny_base, tiny_config

from odin.__main__ import main
from odin.extraction import ExtractionOptions, neural
from odin.extraction.model_folder import read_model
from odin.extraction.neural import Decoding
from odin.extraction.scaling import UNSCALED, Scale
from odin.labels import load_label_set
from odin.schema import Document
from odin.training import calibration
from odin.training.calibration import FEWEST, fit_scale, uncalibrated
from odin.training.stages import train
from odin.training.validation import FACTS, KNOWN, REPETITION, tune

SCALES = st.builds(Scale, st.floats(0.1, 1.5), st.floats(-2, 2))
PROBABILITIES = st.floats(0.02, 0.98)
CLINICAL = load_label_set("clinical")


@given(SCALES, PROBABILITIES)
def test_raw_undoes_scaled(scale: Scale, probability: float) -> None:
    assert scale.raw(scale.scaled(probability)) == pytest.approx(probability, abs=1e-3)


@given(SCALES, PROBABILITIES, PROBABILITIES)
def test_the_order_of_scores_stays(scale: Scale, one: float, other: float) -> None:
    assert (scale.scaled(one) <= scale.scaled(other)) == (one <= other) or one == pytest.approx(other)


@given(PROBABILITIES)
def test_unscaled_scores_are_the_networks_own(probability: float) -> None:
    assert UNSCALED.scaled(probability) == pytest.approx(probability)
    assert [UNSCALED.scaled(0), UNSCALED.scaled(1), Scale(0.5, -1).raw(0), Scale(0.5, -1).raw(1)] == [0, 1, 0, 1]


def test_a_scale_is_fitted_to_the_share_that_is_right() -> None:
    found = [(0.95, place % 10 < 7) for place in range(1000)] + [(0.5, place % 10 < 3) for place in range(1000)]
    scale = fit_scale(found)
    assert scale.scaled(0.95) == pytest.approx(0.7, abs=0.01)
    assert scale.scaled(0.5) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    "found",
    [
        [(0.9, place % 2 == 0) for place in range(FEWEST - 1)],
        [(0.9, True)] * FEWEST,
        [(0.9, False)] * FEWEST,
        [(0.9, False), (0.1, True)] * FEWEST,
    ],
    ids=["too few", "all right", "all wrong", "the higher the wronger"],
)
def test_where_nothing_can_be_fitted_the_networks_own_word_stands(found) -> None:
    assert fit_scale(found) == UNSCALED


def test_decisions_outlast_json_and_models_of_before_have_no_scale() -> None:
    decoding = Decoding(0.4, 0.3, entity_scale=Scale(0.6, -0.2))
    assert Decoding.from_json(json.loads(json.dumps(asdict(decoding)))) == decoding
    assert Decoding.from_json({"entity_threshold": 0.4, "relation_threshold": 0.3, "nested": True}) == Decoding(
        0.4, 0.3
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A tiny model that nearly knows NOTES."""
    folder = tmp_path_factory.mktemp("run")
    config = tiny_config(folder, tiny_base(folder / "base"))
    often = tuple(replace(source, weight=20) for source in config.sources)
    config = replace(config, sources=often, epochs=20, head_learning_rate=0.01)
    assert train(config, folder / "run") is not None
    return folder / "run" / "model"


def found_by(extractor):
    bare = [note.with_annotations(()) for note in NOTES]
    return [item.document for item in extractor.extract(bare, CLINICAL)]


def test_a_model_finds_the_same_however_its_scores_are_scaled(trained: Path, monkeypatch) -> None:
    extractor = read_model(trained)
    monkeypatch.setattr(calibration, "fit_scale", lambda found: UNSCALED)
    tune(extractor, CLINICAL, NOTES)
    before = found_by(extractor)
    assert any(note.relations for note in before)
    monkeypatch.setattr(calibration, "fit_scale", lambda found: Scale(0.5, -0.7) if found else UNSCALED)
    tune(extractor, CLINICAL, NOTES)
    after = found_by(extractor)
    assert [[one.key for one in note.entities] for note in after] == [
        [one.key for one in note.entities] for note in before
    ]
    scores = [(one.score, other.score) for note, again in zip(before, after, strict=True)
              for one, other in zip(note.entities, again.entities, strict=True)]  # fmt: skip
    assert all(now == pytest.approx(Scale(0.5, -0.7).scaled(then), abs=1e-2) for then, now in scores)


def test_a_model_that_is_calibrated_again_stays_as_it_is(trained: Path) -> None:
    extractor = read_model(trained)
    tune(extractor, CLINICAL, NOTES)
    once = extractor.decoding["clinical"]
    tune(extractor, CLINICAL, NOTES)
    assert extractor.decoding["clinical"] == once


def test_the_command_calibrates_a_model_on_the_dev_notes_that_it_was_trained_with(trained: Path, capsys) -> None:
    assert main(["models", "check", str(trained)]) == 0
    assert main(["models", "calibrate", str(trained)]) == 0
    assert "clinical, 3 notes of" in capsys.readouterr().out
    assert main(["models", "check", str(trained)]) == 0
    config = json.loads((trained / "config.json").read_text())
    (trained / "config.json").write_text(json.dumps({**config, "training": {**config["training"], "dev": []}}))
    (trained / "SHA256SUMS").unlink(missing_ok=True)
    assert main(["models", "calibrate", str(trained)]) == 2
    assert "names no dev notes to calibrate on" in capsys.readouterr().err


def test_relations_between_given_entities_have_a_threshold_of_their_own(trained) -> None:
    extractor = read_model(trained)
    own = extractor.decoding["clinical"]
    note = NOTES[0]

    def related(given: float | None, *, asked: float | None = None, ends: bool = True) -> int:
        decoding = replace(own, relation_threshold=1.0, given_relation_threshold=given)
        extractor.decoding["clinical"] = decoding
        options = ExtractionOptions(given_entities=ends, relation_threshold=asked)
        (found,) = extractor.extract([note if ends else note.with_annotations(())], CLINICAL, options)
        return len(found.document.relations)

    assert related(0.01) > related(1.0)
    assert related(None) == related(1.0)
    assert related(0.01, asked=1.0) == related(1.0)
    assert related(0.01, ends=False) == related(1.0, ends=False)


def test_both_thresholds_move_with_the_scale(trained) -> None:
    scaled = Decoding(0.5, 0.4, 0.7, relation_scale=Scale(0.5, 0.3))
    raw = uncalibrated(scaled)
    assert raw.relation_scale == UNSCALED
    assert scaled.relation_scale.scaled(raw.given_relation_threshold) == pytest.approx(0.7)
    assert uncalibrated(replace(scaled, given_relation_threshold=None)).given_relation_threshold is None
    extractor = read_model(trained)
    tune(extractor, CLINICAL, NOTES)
    assert extractor.decoding["clinical"].given_relation_threshold is not None


def test_a_model_is_decoded_with_what_helps_on_dev_and_else_as_it_is(trained, monkeypatch) -> None:
    extractor = read_model(trained)
    tune(extractor, CLINICAL, NOTES)
    assert (extractor.decoding["clinical"].repetition, extractor.decoding["clinical"].known) == (0.0, 0.0)
    before = found_by(extractor)
    within = neural._within
    monkeypatch.setattr(neural, "_within", lambda logits, length: within(logits, length) - 12)
    monkeypatch.setattr(neural, "with_known", lambda logits, *_: logits + 12)
    tune(extractor, CLINICAL, NOTES)
    assert (extractor.decoding["clinical"].repetition, extractor.decoding["clinical"].known) == (0.0, KNOWN)
    keys = [[entity.key for entity in note.entities] for note in before]
    assert [[entity.key for entity in note.entities] for note in found_by(extractor)] == keys
    monkeypatch.setattr(neural, "with_repetitions", lambda logits, *_, **__: logits + 12)
    monkeypatch.setattr(neural, "with_known", lambda logits, *_: logits)
    tune(extractor, CLINICAL, NOTES)
    assert (extractor.decoding["clinical"].repetition, extractor.decoding["clinical"].known) == (REPETITION, 0.0)


def test_facts_count_where_they_help_relations_between_given_entities(trained, monkeypatch) -> None:
    extractor = read_model(trained)
    options = ExtractionOptions(given_entities=True, relation_threshold=0.5)

    def related(notes):
        return [item.document for item in extractor.extract(notes, CLINICAL, options)]

    gold = related(NOTES)
    assert any(note.relations for note in gold)
    tune(extractor, CLINICAL, gold)
    assert extractor.decoding["clinical"].facts == 0.0
    score = extractor.network.score_pairs
    lower = torch.zeros(2 + len(CLINICAL.relations))
    lower[0] = 1000.0
    monkeypatch.setattr(extractor.network, "score_pairs", lambda *asked: score(*asked) + lower)
    monkeypatch.setattr(neural, "with_facts", lambda logits, *_: logits - lower.numpy())
    tune(extractor, CLINICAL, gold)
    assert extractor.decoding["clinical"].facts == FACTS
    assert keys(related(NOTES)) == keys(gold)


def test_helps_reach_the_end_of_a_note_that_is_read_in_parts(trained) -> None:
    extractor = read_model(trained)
    text = "Seen today. " * 700 + "Metformin (MET) for type 2 diabetes; MET again."
    sure = replace(extractor.decoding["clinical"], entity_scale=Scale(1.0, -100.0), known=200.0, repetition=1.0)
    extractor.decoding["clinical"] = replace(sure, facts=1000.0)
    (found,) = extractor.extract([Document("n", text)], CLINICAL)
    mentions = {entity.id: (entity.label, text[entity.start : entity.end]) for entity in found.document.entities}
    assert list(mentions.values())[-4:] == [
        ("Drug", "Metformin"), ("Drug", "MET"), ("Disease", "type 2 diabetes"), ("Drug", "MET"),
    ]  # fmt: skip
    related = {(mentions[one.head][1], one.label, mentions[one.tail][1]) for one in found.document.relations}
    assert {("Metformin", "treats", "type 2 diabetes"), ("Metformin", "prevents", "type 2 diabetes")} & related


def keys(notes):
    return [{(one.head, one.label, one.tail) for one in note.relations} for note in notes]
