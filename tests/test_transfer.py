"""Train on synthetic notes, test on real ones: a tiny study from end to end, resumed, and its arithmetic."""

import json
from collections import Counter
from dataclasses import asdict, replace

import pytest
from markup import document
from tiny_model import tiny_base

from odin.__main__ import main
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.seeds import mean_with_interval
from odin.knowledge.tables import load_graph
from odin.synthesis.generator import STYLES, GenerationOptions, MedicalTextGenerator
from odin.training.config import Source
from odin.transfer.arms import ARMS, write_notes
from odin.transfer.study import Machine, Settings, records_of, run_study
from odin.transfer.summary import summarise, to_markdown, transfer_table

REAL = [
    replace(
        document("[Aspirin](Drug|present) for [headache](Symptom|present).", ("treats", "Aspirin", "headache")),
        id=f"r{n}",
    )
    for n in range(3)
]


LONG_ARMS = {"real": 0.5, "real-long": 0.6, "synthetic": 0.4, "synthetic-then-all-real": 0.7}


def record(arm, seed, f1):
    return {"arm": arm, "seed": seed, "seconds_a_step": 1.0, "figures": {"entities": {"f1": f1, "interval": None}}}


def test_the_mean_over_seeds_has_a_students_interval():
    found = mean_with_interval([0.5, 0.7])
    assert found["mean"] == pytest.approx(0.6)
    # half width: t(0.975, 1 degree of freedom) = 12.7062 times 0.1414 / sqrt(2) = 0.1
    assert found["interval"] == pytest.approx((0.6 - 1.27062, 0.6 + 1.27062), abs=1e-4)
    assert mean_with_interval([0.5])["interval"] is None


def test_arms_are_compared_seed_by_seed():
    records = [record("real", 1, 0.5), record("real", 2, 0.6), record("real+synthetic", 1, 0.6)]
    records += [record("real+synthetic", 2, 0.7), record("real+synthetic", 3, 0.99)]
    found = summarise(records)["real+synthetic"]["entities"]
    assert found["seeds"] == 3
    # 0.6, 0.7 and 0.99: mean 0.7633, deviations -0.1633, -0.0633, 0.2267: sqrt(0.08207 / 2) = 0.2026
    assert found["spread"] == pytest.approx(0.2026, abs=1e-4)
    assert found["differences"]["real"]["mean"] == pytest.approx(0.1)
    assert found["differences"]["real"]["seeds"] == 2
    text = to_markdown(records, asdict(Settings()))
    assert "| real+synthetic | - | - | - | 3 | 0.763 (0.260 to 1.267) |" in text
    assert "| real+synthetic | real | +0.100 (0.100 to 0.100) |" in text
    assert "| real+synthetic | 0.203 |" in text


def test_an_arm_is_compared_with_each_of_its_counterparts_that_was_trained():
    records = [{**record(arm, 1, f1), "documents": 3, "steps": 9, "passes": 1.5} for arm, f1 in LONG_ARMS.items()]
    table = transfer_table(records)
    assert "| synthetic-then-all-real | 3, then 3 | 9, then 9 | 1.5, then 1.5 | 1 | 0.700 |" in table
    assert "| synthetic-then-all-real | real | +0.200 |" in table
    assert "| synthetic-then-all-real | real-long | +0.100 |" in table
    assert "| real+synthetic-long |" not in table


def test_notes_of_an_arm_lack_its_noise_and_are_the_same_otherwise(tmp_path):
    usual = list(jsonl.read(write_notes(ARMS["synthetic"], tmp_path, 10, 1, max_words=400, workers=1)))
    clean = list(jsonl.read(write_notes(ARMS["no-noise"], tmp_path, 10, 1, max_words=400, workers=1)))
    assert [item.meta["templates"] for item in usual] == [item.meta["templates"] for item in clean]
    assert any(first.text != second.text for first, second in zip(usual, clean, strict=True))
    with pytest.raises(InputError, match="unknown kind of noise"):
        GenerationOptions(noise_without=("typos",))
    with pytest.raises(InputError, match="unknown style"):
        GenerationOptions(style_without=("slang",))
    options = GenerationOptions(seed=1, max_words=400, noise_without=ARMS["no-noise"].without)
    assert [item.text for item in MedicalTextGenerator(options=options).documents(10)] == [item.text for item in clean]


def test_notes_may_lack_a_style():
    def notes(*styles):
        return list(MedicalTextGenerator(options=GenerationOptions(seed=1, style_without=styles)).documents(40))

    named = {
        (item.id, surface.text.lower()): surface.kind
        for item in load_graph().concept.values()
        for surface in item.surfaces
    }

    def kinds(documents):
        texts = [(item.concept, item.text_in(note.text).lower()) for note in documents for item in note.entities]
        return Counter(named.get(text) for text in texts)

    usual, plain = kinds(notes()), kinds(notes(*STYLES))
    # what the templates write out themselves stays
    assert plain["lay"] < 0.6 * usual["lay"]
    assert plain["abbreviation"] < 0.6 * usual["abbreviation"]
    assert {note.meta["register"] for note in notes()} == {"p", "s"}
    assert {note.meta["register"] for note in notes("shorthand")} == {"p"}


def test_a_study_trains_every_arm_scores_it_and_goes_on_where_it_stopped(tmp_path, capsys):
    real, study = tmp_path / "real.jsonl", tmp_path / "study"
    jsonl.write(REAL, real)
    base = tiny_base(tmp_path / "base")
    arguments = ["transfer", str(study), "--real", str(real), "--selection", str(real), "--test", str(real)]
    arguments += ["--base", str(base), "--notes", "4", "--steps", "2", "--batch-pieces", "512"]
    readme = tmp_path / "README.md"
    readme.write_text("<!-- transfer -->\n<!-- /transfer -->\n")
    arguments += ["--output", str(tmp_path), "--into", str(readme)]
    first = [*arguments, "--arm", "real", "--arm", "real+synthetic", "--seeds"]
    assert main([*first, "1"]) == 0
    path = study / "real" / "seed-1" / "result.json"
    before = path.stat().st_mtime_ns
    assert main([*first, "1", "2"]) == 0
    assert path.stat().st_mtime_ns == before
    found = json.loads((study / "study.json").read_text())
    assert json.loads((tmp_path / "transfer.json").read_text()) == found
    assert "| real+synthetic | 7 | 2 |" in readme.read_text()
    assert [(item["arm"], item["seed"]) for item in found["records"]] == [
        ("real", 1), ("real", 2), ("real+synthetic", 1), ("real+synthetic", 2),
    ]  # fmt: skip
    assert found["summary"]["real+synthetic"]["entities"]["differences"]["real"]["seeds"] == 2
    assert all(item["seconds_a_step"] > 0 for item in found["records"])
    assert "| real+synthetic | 7 | 2 |" in capsys.readouterr().out
    path.unlink()
    assert main(["transfer", str(study), "--report", "--output", str(tmp_path)]) == 0
    assert len(json.loads((tmp_path / "transfer.json").read_text())["records"]) == 3
    assert not path.exists()
    assert main([*first, "1", "--steps", "3"]) == 2
    assert "name another folder" in capsys.readouterr().err


def test_an_arm_may_go_on_from_the_model_of_another(tmp_path):
    jsonl.write(REAL, tmp_path / "real.jsonl")
    real = str(tmp_path / "real.jsonl")
    base = str(tiny_base(tmp_path / "base"))
    settings = Settings(real, real, real, base, notes=4, steps=2, batch_pieces=512)
    with pytest.raises(InputError, match="train the arm 'synthetic' with seed 1 first"):
        next(run_study(tmp_path / "study", settings, arms=["synthetic-then-real"], seeds=[1]))
    arms = ["synthetic", "synthetic-then-real"]
    assert [found["arm"] for found in run_study(tmp_path / "study", settings, arms=arms, seeds=[1])] == arms
    training = json.loads((tmp_path / "study/synthetic-then-real/seed-1/config.json").read_text())
    assert training["base"] == str(tmp_path / "study/synthetic/seed-1/model")
    assert [source["corpus"] for source in training["sources"]] == [real]


def test_runs_side_by_side_wait_for_the_one_they_go_on_from_and_one_that_fails_stops_no_other(tmp_path):
    jsonl.write(REAL, tmp_path / "real.jsonl")
    real, study = str(tmp_path / "real.jsonl"), tmp_path / "study"
    settings = Settings(real, real, real, str(tiny_base(tmp_path / "base")), notes=4, steps=2, batch_pieces=512)
    (study / "real").mkdir(parents=True)
    (study / "real" / "seed-1").write_text("no folder can be here")
    arms = ["synthetic-then-real", "real", "synthetic"]
    found = []
    with pytest.raises(InputError, match="1 of 3 runs failed, first real with seed 1"):
        found += run_study(study, settings, arms=arms, seeds=[1], machine=Machine(jobs=2, threads=1))
    assert [item["arm"] for item in records_of(study)] == ["synthetic", "synthetic-then-real"]


def test_a_source_or_arm_that_is_none_says_what_to_give(tmp_path):
    with pytest.raises(InputError, match="corpus:split"):
        Source.named("clinical_notes", "clinical")
    with pytest.raises(InputError, match="unknown arm"):
        next(run_study(tmp_path, Settings(), arms=["magic"], seeds=[1]))
