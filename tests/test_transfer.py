"""Train on synthetic notes, test on real ones: a tiny study from end to end, resumed, and its arithmetic."""

import json
from dataclasses import replace

import pytest
from markup import document
from tiny_model import tiny_base

from odin.__main__ import main
from odin.corpora import jsonl
from odin.errors import InputError
from odin.evaluation.seeds import mean_with_interval
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.training.config import Source
from odin.transfer.arms import ARMS, write_notes
from odin.transfer.study import Settings, run_study
from odin.transfer.summary import summarise, to_markdown

REAL = [
    replace(
        document("[Aspirin](Drug|present) for [headache](Symptom|present).", ("treats", "Aspirin", "headache")),
        id=f"r{n}",
    )
    for n in range(3)
]


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
    assert found["difference"]["mean"] == pytest.approx(0.1)
    assert found["difference"]["seeds"] == 2
    settings = dict.fromkeys(("test", "selection", "steps", "notes", "notes_seed", "max_words", "real", "base"), 1)
    assert "| real+synthetic | entities | 3 | 0.763 |" in to_markdown(records, settings)


def test_notes_of_an_arm_lack_its_noise_and_are_the_same_otherwise(tmp_path):
    usual = list(jsonl.read(write_notes(ARMS["synthetic"], tmp_path, 10, 1, max_words=400, workers=1)))
    clean = list(jsonl.read(write_notes(ARMS["no-noise"], tmp_path, 10, 1, max_words=400, workers=1)))
    assert [item.meta["templates"] for item in usual] == [item.meta["templates"] for item in clean]
    assert any(first.text != second.text for first, second in zip(usual, clean, strict=True))
    with pytest.raises(InputError, match="unknown kind of noise"):
        GenerationOptions(noise_without=("typos",))
    options = GenerationOptions(seed=1, max_words=400, noise_without=ARMS["no-noise"].without)
    assert [item.text for item in MedicalTextGenerator(options=options).documents(10)] == [item.text for item in clean]


def test_a_study_trains_every_arm_scores_it_and_goes_on_where_it_stopped(tmp_path, capsys):
    real, study = tmp_path / "real.jsonl", tmp_path / "study"
    jsonl.write(REAL, real)
    base = tiny_base(tmp_path / "base")
    arguments = ["transfer", str(study), "--real", str(real), "--selection", str(real), "--test", str(real)]
    arguments += ["--base", str(base), "--notes", "4", "--steps", "2", "--epochs", "1", "--batch-pieces", "512"]
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
    assert "| real+synthetic | entities | 2 |" in readme.read_text()
    assert [(item["arm"], item["seed"]) for item in found["records"]] == [
        ("real", 1), ("real", 2), ("real+synthetic", 1), ("real+synthetic", 2),
    ]  # fmt: skip
    assert found["summary"]["real+synthetic"]["entities"]["difference"]["seeds"] == 2
    assert all(item["seconds_a_step"] > 0 for item in found["records"])
    assert "| real+synthetic | entities | 2 |" in capsys.readouterr().out
    assert main([*first, "1", "--steps", "3"]) == 2
    assert "name another folder" in capsys.readouterr().err


def test_an_arm_may_go_on_from_the_model_of_another(tmp_path):
    jsonl.write(REAL, tmp_path / "real.jsonl")
    real = str(tmp_path / "real.jsonl")
    base = str(tiny_base(tmp_path / "base"))
    settings = Settings(real, real, real, base, notes=4, steps=2, epochs=1, batch_pieces=512)
    with pytest.raises(InputError, match="train the arm 'synthetic' with seed 1 first"):
        next(run_study(tmp_path / "study", settings, arms=["synthetic-then-real"], seeds=[1]))
    arms = ["synthetic", "synthetic-then-real"]
    assert [found["arm"] for found in run_study(tmp_path / "study", settings, arms=arms, seeds=[1])] == arms
    training = json.loads((tmp_path / "study/synthetic-then-real/seed-1/config.json").read_text())
    assert training["base"] == str(tmp_path / "study/synthetic/seed-1/model")
    assert [source["corpus"] for source in training["sources"]] == [real]


def test_a_source_or_arm_that_is_none_says_what_to_give(tmp_path):
    with pytest.raises(InputError, match="corpus:split"):
        Source.named("clinical_notes", "clinical")
    with pytest.raises(InputError, match="unknown arm"):
        next(run_study(tmp_path, Settings(), arms=["magic"], seeds=[1]))
