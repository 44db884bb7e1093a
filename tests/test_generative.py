"""Prompts, windows and answers of language models; no weights are needed for these."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markup import document
from tiny_causal_model import tiny_causal

from odin.errors import InputError
from odin.extraction.windows import split_words
from odin.generative.answers import complete, join, read_window
from odin.generative.batches import IGNORED, collate, epoch_steps
from odin.generative.config import GenerativeConfig
from odin.generative.prompts import Example, answer_of, cut, make_examples, messages, only_labels
from odin.generative.windows import TextWindow, text_windows
from odin.labels import load_label_set
from odin.schema import Document, Entity, ReadReport, Relation
from odin.training.config import Source

CLINICAL = load_label_set("clinical")
ADE = load_label_set("ade")
NOTE = document(
    "[Aspirin](Drug|present) for [headache](Symptom|present). Denies [fever](Symptom|negated).\n"
    "[Pneumonia](Disease|present) causes [cough](Symptom|present).",
    ("treats", "Aspirin", "headache"),
    ("causes", "Pneumonia", "cough"),
    id="n1",
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_causal(tmp_path_factory.mktemp("base")))


@given(st.text(alphabet="ab. \n!A1", max_size=120), st.integers(2, 12), st.integers(0, 6))
def test_windows_cover_every_word_within_their_size(text, size, overlap):
    windows = text_windows(text, size=size, overlap=min(overlap, size - 1))
    words = [word for word in split_words(text) if not word.line_breaks]
    for word in words:
        assert any(window.start <= word.start and word.end <= window.end for window in windows)
        assert sum(window.owns(word.start) for window in windows) == 1
    for window in windows:
        assert 1 <= len(split_words(text[window.start : window.end])) <= size
    if not words:
        assert windows == []


def test_windows_are_cut_between_sentences_and_share_whole_ones():
    text = "One two three. Four five. Six seven eight nine. Ten."
    windows = text_windows(text, size=8, overlap=3)
    assert [text[w.start : w.end] for w in windows] == [
        "One two three. Four five.",
        "Four five. Six seven eight nine.",
        "Ten.",
    ]


def test_the_whole_note_and_its_answer_come_back_through_windows():
    windows = text_windows(NOTE.text, size=9)
    assert len(windows) == 2
    report = ReadReport()
    answers = [read_window(NOTE, w, answer_of(cut(NOTE, w.start, w.end), CLINICAL), CLINICAL, report) for w in windows]
    entities, relations = join(answers)
    assert report.lossless
    assert {(e.key, e.assertion) for e in entities} == {(e.key, e.assertion) for e in NOTE.entities}
    gold = {(r.label, NOTE.entity_by_id[r.head].key, NOTE.entity_by_id[r.tail].key) for r in NOTE.relations}
    by_id = {entity.id: entity for entity in entities}
    assert {(r.label, by_id[r.head].key, by_id[r.tail].key) for r in relations} == gold


def test_a_part_of_a_note_keeps_the_cues_and_evidence_that_stand_in_it():
    text = "No fever. Aspirin for pain."
    entities = (
        Entity("T1", "Symptom", 3, 8, assertion="negated", cue=(0, 2)),
        Entity("T2", "Drug", 10, 17, assertion="present", cue=(0, 2)),
        Entity("T3", "Symptom", 22, 26, assertion="present"),
    )
    inner, outer = Relation("R1", "treats", "T2", "T3", evidence=(10, 27)), Relation("R2", "causes", "T2", "T3")
    part = cut(Document("n", text, entities, (inner, replace(outer, evidence=(3, 26)))), 10, len(text))
    assert part.text == "Aspirin for pain."
    assert [(entity.id, entity.span, entity.cue) for entity in part.entities] == [
        ("T2", (0, 7), None),
        ("T3", (12, 16), None),
    ]
    assert [relation.evidence for relation in part.relations] == [(0, 17), None]
    assert [entity.cue for entity in cut(Document("n", text, entities), 0, 9).entities] == [(0, 2)]


def test_what_two_windows_share_is_taken_once_from_the_one_that_owns_it():
    text = "Fever. Fever again."
    note = Document("n", text)
    answer = json.dumps({"entities": [{"label": "Symptom", "text": "Fever", "assertion": "present"}], "relations": []})
    windows = [TextWindow(0, 19, 0, 7), TextWindow(7, 19, 7, 19)]
    entities, _ = join([read_window(note, window, answer, CLINICAL, ReadReport()) for window in windows])
    assert [(entity.id, entity.span) for entity in entities] == [("T1", (0, 5)), ("T2", (7, 12))]


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ('{"entities": [{"label": "Drug", "text": "}"}], "relations": []}', None),
        (
            '{"entities": [{"label": "Drug", "text": "a\\"}"}, {"lab',
            '{"entities": [{"label": "Drug", "text": "a\\"}"}]}',
        ),
        ('{"entities": [{"label": "Drug"}], "relations": [{"la', '{"entities": [{"label": "Drug"}]}'),
        ('{"entities": [', None),
        ("nothing", None),
        ("]]}", None),
    ],
)
def test_an_answer_that_was_cut_off_keeps_what_stands_complete_in_it(answer, kept):
    assert complete(answer) == (kept or answer)


def test_what_an_answer_may_not_say_is_dropped_and_reported():
    answer = json.dumps(
        {
            "entities": [
                {"label": "Drug", "text": "Aspirin", "assertion": "present"},
                {"label": "Symptom", "text": "headache", "assertion": "present"},
                {"label": "Colour", "text": "Denies"},
                {"label": "Drug", "text": "ibuprofen"},
                "rubbish",
            ],
            "relations": [
                {"label": "treats", "head": 1, "tail": 2},
                {"label": "treats", "head": 2, "tail": 1},
                {"label": "loves", "head": 1, "tail": 2},
                {"label": "treats", "head": 1, "tail": 3},
            ],
        }
    )
    report = ReadReport()
    found = read_window(NOTE, TextWindow(0, len(NOTE.text), 0, len(NOTE.text)), answer, CLINICAL, report)
    assert [(e.label, e.span) for e in found.entities] == [("Drug", (0, 7)), ("Symptom", (12, 20))]
    assert [(r.label, r.head, r.tail) for r in found.relations] == [("treats", "T1", "T2")]
    assert len(report.dropped) == 6
    reasons = " / ".join(why for _, _, why in report.dropped)
    for reason in (
        "no label 'Colour'",
        "does not stand in the text",
        "no relation 'loves'",
        "an end of it was not kept",
    ):
        assert reason in reasons


def test_only_the_answer_is_learnt(tokenizer):
    examples, _ = make_examples([NOTE], CLINICAL, tokenizer, window_words=100, max_tokens=4000)
    (example,) = examples
    batch = collate([example, Example("x", "clinical", (3, 4), (5, 2))], tokenizer.pad_token_id, "cpu")
    learnt = batch["labels"][0][batch["labels"][0] != IGNORED]
    answer = tokenizer.decode(learnt[:-1])
    assert json.loads(answer)["relations"][0] == {"label": "treats", "head": 1, "tail": 2}
    assert learnt[-1] == tokenizer.eos_token_id
    assert batch["labels"][1].tolist()[:4] == [IGNORED, IGNORED, 5, 2]
    assert batch["attention_mask"][1].sum() == 4
    prompt = tokenizer.decode(batch["input_ids"][0][: len(example.prompt)])
    assert prompt.endswith("<|assistant|>")
    assert NOTE.text in prompt


def test_the_token_budget_tells_what_is_windowed_halved_and_lost(tokenizer):
    split = replace(NOTE.entities[0], id="T9", label="Disease", fragments=((0, 3), (4, 7)))
    long = document("word " * 30 + "[red](Symptom|present) spots", id="long")
    across = replace(long, entities=(Entity("T1", "Symptom", 5, 154),))
    notes = [replace(NOTE, entities=(*NOTE.entities, split)), across]
    loose = {"window_words": 24, "definitions": False}
    examples, budget = make_examples(notes, CLINICAL, tokenizer, max_tokens=4000, **loose)
    assert (budget.documents, budget.windowed, budget.windows, budget.halved) == (2, 1, len(examples), 0)
    assert sorted(why for _, _, why in budget.report.dropped) == [
        "a discontinuous mention",
        "a mention across the border of two windows",
    ]
    assert budget.longest == max(example.size for example in examples)
    tight, halved = make_examples(notes, CLINICAL, tokenizer, max_tokens=budget.longest - 1, **loose)
    assert halved.halved > 0
    assert max(example.size for example in tight) < budget.longest
    none, nothing = make_examples(notes, CLINICAL, tokenizer, max_tokens=20, **loose)
    assert none == []
    assert nothing.left_out > 0
    assert "left out" in nothing.summary()


def test_a_prompt_asks_for_what_the_corpus_annotates_alone():
    asked = only_labels(CLINICAL, ["Drug", "Disease"])
    system, user = messages("Some text", asked, definitions=False)
    assert system["content"] == "Entities and relations as JSON. Drug, Disease; treats, causes, prevents"
    assert user["content"] == "Some text"
    assert CLINICAL.entity("Drug").definition in messages("x", CLINICAL, definitions=True)[0]["content"]


def test_steps_are_the_same_for_a_seed_and_weights_repeat_examples():
    examples = [Example(str(i), "ade", (1,) * (i % 7 + 1), (2,)) for i in range(20)]

    def steps(seed):
        pools = [(1.5, examples), (0.5, examples)]
        return list(epoch_steps(pools, batch_size=3, accumulate=2, seed=seed, epoch=0))

    assert steps(1) == steps(1) != steps(2)
    assert sum(len(batch) for step in steps(1) for batch in step) == 40
    assert {len(step) for step in steps(1)} == {2}


def test_a_limit_of_tokens_makes_batches_of_long_examples_smaller():
    examples = [Example(str(size), "ade", (1,) * size, (2,)) for size in (4, 5, 4, 9, 9, 60)]
    steps = epoch_steps([(1.0, examples)], batch_size=3, batch_tokens=20, accumulate=1, seed=1, epoch=0)
    batches = [batch for step in steps for batch in step]
    assert sorted(example.size for batch in batches for example in batch) == [5, 5, 6, 10, 10, 61]
    assert sorted(map(len, batches)) == [1, 2, 3]
    assert [len(batch) for batch in batches if batch[0].size == 61] == [1]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"learning_rat": 1}, "unknown setting 'learning_rat'"),
        ({"quantization": "int3"}, "quantization is 'int3': choose one of auto, nf4, none"),
        ({"overlap_words": 500}, "overlap_words is 500"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"kind": "joint"}, "\"kind\" is 'joint'"),
    ],
)
def test_a_configuration_that_cannot_be_says_why(setting, words):
    value = {"sources": [{"corpus": "ade", "label_set": "ade"}], **setting}
    with pytest.raises(InputError, match=words):
        GenerativeConfig.from_json(value)


def test_a_configuration_reads_back_and_what_needs_cuda_says_so():
    config = GenerativeConfig((Source("ade", "ade"),), (Source("ade", "ade", "dev"),), base="smollm2")
    assert GenerativeConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    on_cpu, on_cuda = config.resolved("cpu"), config.resolved("cuda:0")
    assert (on_cpu.quantization, on_cpu.optimizer, on_cpu.precision) == ("none", "adamw", "float32")
    assert (on_cuda.quantization, on_cuda.optimizer, on_cuda.precision) == ("nf4", "paged_adamw_8bit", "bfloat16")
    with pytest.raises(InputError, match="needs a CUDA device"):
        replace(config, optimizer="paged_adamw_8bit").resolved("cpu")
