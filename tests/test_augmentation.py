"""More documents from annotated ones: each mention once and as planned, nothing unplanned, offsets that follow."""

from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markup import document
from notes_graph import notes_graph
from strategies import documents

from odin.__main__ import main
from odin.corpora import jsonl
from odin.schema import Relation
from odin.synthesis.augmentation import Change, apply_changes, augment, prove, restate_relations, substitute_synonyms
from odin.synthesis.grammar import load_templates
from odin.synthesis.protection import NotProven


def nothing_known(_):
    return Counter()


substitute = partial(substitute_synonyms, known=nothing_known)
restate = partial(restate_relations, book=load_templates(), share=1.0, known=nothing_known)


def mentions(value):
    return [(entity.id, entity.label, entity.assertion, entity.text_in(value.text)) for entity in value.entities]


def test_a_synonym_names_the_same_concept_and_every_offset_follows():
    graph = notes_graph()
    value = document(
        "[Hypertension](Disease), on [lisinopril](Drug). No [edema](Symptom|negated).",
        ("treats", "lisinopril", "Hypertension"),
    )
    ids = ("Disease:hypertension", "Drug:lisinopril", "Symptom:edema")
    entities = tuple(replace(entity, concept=id) for entity, id in zip(value.entities, ids, strict=True))
    entities = (*entities[:2], replace(entities[2], cue=(29, 31)))
    value = replace(value, entities=entities)
    assert value.text[29:31] == "No"
    for seed in range(20):
        changed = substitute(value, graph, seed=seed, share=1.0)
        assert changed.text != value.text
        for entity, id in zip(changed.entities, ids, strict=True):
            surfaces = [item.text.lower() for item in graph.concept[id].surfaces]
            assert entity.text_in(changed.text).lower() in surfaces
        assert changed.text[slice(*changed.entities[2].cue)] == "No"
        assert changed.relations[0].head == value.relations[0].head
    assert substitute(document("[pain](Symptom)"), graph) is None
    change = partial(substitute, graph=graph, share=0.5)
    assert len({item.text for item in augment([value], change, copies=5, seed=1)}) >= 2


def test_a_relation_is_said_in_other_words_with_both_surfaces_and_the_rest_as_they_were():
    value = document(
        "Seen today. [Aspirin](Drug) treats [migraine](Disease). No [fever](Symptom|negated) 😀.",
        ("treats", "Aspirin", "migraine"),
    )
    value = replace(value, relations=(replace(value.relations[0], evidence=(12, 36)),))
    seen = set()
    for seed in range(30):
        changed = restate(value, seed=seed)
        if changed is None:
            continue
        assert mentions(changed) == mentions(value)
        assert changed.text.startswith("Seen today. ")
        assert changed.text.endswith(". No fever 😀.")
        start, end = changed.relations[0].evidence
        seen.add(changed.text[start:end])
    assert len(seen) > 10
    assert all(words.count("Aspirin") == words.count("migraine") == 1 for words in seen)


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("[Aspirin](Drug) treats [migraine](Disease) and [pain](Symptom).", ("treats", "Aspirin", "migraine")),
        ("[Aspirin](Drug) may treat [migraine](Disease|uncertain).", ("treats", "Aspirin", "migraine")),
        ("[Aspirin](Drug) was given.\nThe [migraine](Disease) went.", ("treats", "Aspirin", "migraine")),
        ("[Aspirin](Drug) eases [migraine](Disease).", ("eases", "Aspirin", "migraine")),
    ],
)
def test_a_relation_whose_sentence_says_more_or_that_no_template_states_stays(text, relation):
    assert all(restate(document(text, relation), seed=seed) is None for seed in range(10))


def test_what_is_not_proven_is_left_out():
    value = document("[HTN](Disease) crisis.")
    value = replace(value, entities=(replace(value.entities[0], concept="Disease:hypertension"),))

    def known(words):
        return Counter({"hypertension crisis": words.lower().count("hypertension crisis")})

    found = [substitute_synonyms(value, notes_graph(), seed=seed, share=1, known=known) for seed in range(10)]
    texts = {item.text for item in found if item}
    assert texts == {"High blood pressure crisis."} or texts == {"high blood pressure crisis."}
    assert None in found


def test_the_proof_finds_a_mention_that_is_lost_altered_or_new():
    before = document("[HTN](Disease) noted.")
    changed = apply_changes(before, [Change(0, 3, "DM", {"T1": (0, 2)})])
    prove(before, changed, {"T1": "DM"}, nothing_known)
    with pytest.raises(NotProven, match="altered mention"):
        prove(before, changed, {}, nothing_known)
    with pytest.raises(NotProven, match="lost mention"):
        prove(before, replace(changed, entities=()), {"T1": "DM"}, nothing_known)
    with pytest.raises(NotProven, match="unplanned term"):
        prove(before, changed, {"T1": "DM"}, lambda words: Counter(["noted"] * words.count("DM noted")))


@settings(max_examples=80)
@given(documents(), st.integers(0, 99))
def test_whatever_is_written_anew_every_other_mention_keeps_its_text_and_its_relations(value, seed):
    rng = Random(seed)
    free = [
        entity
        for entity in value.entities
        if not entity.fragments
        and not any(other is not entity and other.start < entity.end and entity.start < other.end
                    for other in value.entities)
        and not any(item.cue and item.cue[0] < entity.end and entity.start < item.cue[1] for item in value.entities)
    ]  # fmt: skip
    chosen = [entity for entity in free if rng.random() < 0.5]
    surfaces = {entity.id: rng.choice(("x", "a long new name", "β😀")) for entity in chosen}
    after = apply_changes(
        value,
        [Change(item.start, item.end, surfaces[item.id], {item.id: (0, len(surfaces[item.id]))}) for item in chosen],
    )
    prove(value, after, surfaces, nothing_known)
    for old, new in zip(value.entities, after.entities, strict=True):
        if old.cue and not any(item.start < old.cue[1] and old.cue[0] < item.end for item in chosen):
            assert after.text[slice(*new.cue)] == value.text[slice(*old.cue)]

    def ends(item: Relation):
        return item.id, item.label, item.head, item.tail

    assert list(map(ends, after.relations)) == list(map(ends, value.relations))


def test_the_command_makes_new_documents_and_says_what_it_needs(tmp_path, capsys):
    given_file, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = "[Lisinopril](Drug) treats [hypertension](Disease)."
    jsonl.write([replace(document(text, ("treats", "Lisinopril", "hypertension")), id="n1")], given_file)
    for how in ("synonyms", "relations"):
        arguments = ["augment", "--input", str(given_file), "--output", str(output), "--how", how]
        assert main([*arguments, "--copies", "3", "--share", "1"]) == 0
        made = list(jsonl.read(output))
        assert made, how
        for item in made:
            assert item.id.startswith(f"n1+{how}")
            assert [entity.label for entity in item.entities] == ["Drug", "Disease"]
            assert len(item.relations) == 1
    assert main([*arguments[:-1], "paraphrase"]) == 2
    assert "give --llm-url and --llm-model" in capsys.readouterr().err


def test_the_command_does_not_write_over_the_notes_that_it_reads(tmp_path, capsys):
    file = tmp_path / "notes.jsonl"
    jsonl.write([document("[Aspirin](Drug) treats [headache](Symptom).")], file)
    before = file.read_bytes()
    assert main(["augment", "--input", str(file), "--output", str(tmp_path / "." / "notes.jsonl")]) == 2
    assert "is the input too; give another file as the output" in capsys.readouterr().err
    assert file.read_bytes() == before
