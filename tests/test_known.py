"""What the knowledge graph adds to the network's word: mentions that it knows by name, relations that it states."""

from dataclasses import replace

import numpy as np
import pytest
from span_logits import CLINICAL, DISEASE, DRUG, LABELS, WIDTH, Note

from odin.extraction.known import with_facts, with_known
from odin.extraction.pairs import Mention

RELATIONS = [relation.label for relation in CLINICAL.relations]
TREATS, CAUSES, PREVENTS = (1 + RELATIONS.index(name) for name in ("treats", "causes", "prevents"))


def test_the_graph_speaks_for_what_it_knows_by_its_label():
    note = Note("Metformin for severe type 2 diabetes.")
    raised = with_known(note.logits, note.words, note.text, CLINICAL, 1.5) - note.logits
    assert raised[(*note.at("Metformin"), DRUG)] == 1.5
    assert raised[(*note.at("type 2 diabetes"), DISEASE)] == 1.5
    assert raised.sum() == 3.0


def test_a_part_of_a_text_is_read_from_its_own_first_word():
    note = Note("Seen today. Metformin")
    raised = with_known(note.logits[3:], note.words[3:], "Metformin", CLINICAL, 1.0) - note.logits[3:]
    assert raised[0, 0, DRUG] == raised.sum() == 1.0


def test_where_the_graph_has_no_such_labels_or_nothing_is_read_all_stays():
    note = Note("Metformin")
    other = replace(CLINICAL, name="mine")
    assert with_known(note.logits, note.words, note.text, other, 1.0) is note.logits
    assert with_known(note.logits[:0], [], "", CLINICAL, 1.0).shape == (0, WIDTH, len(LABELS))
    facts = np.zeros((1, 2 + len(CLINICAL.relations)))
    mentions = [Mention(0, 1, DRUG), Mention(1, 2, DISEASE)]
    assert with_facts(facts, [(0, 1)], mentions, ["metformin", "T2DM"], other, 1.0) is facts


@pytest.mark.parametrize(("drug", "disease", "stated"), [
    ("Metformin", "type 2 diabetes", [TREATS, PREVENTS]),
    ("metformin", "T2DM", [TREATS, PREVENTS]),
    ("lisinopril", "angioedema", [CAUSES]),
    ("lisinopril", "type 2 diabetes", []),
    ("lisinopril", "a bad feeling", []),
])  # fmt: skip
def test_the_graph_speaks_for_the_relations_that_it_states(drug, disease, stated):
    logits = np.zeros((2, 2 + len(CLINICAL.relations)), np.float32)
    mentions = [Mention(0, 1, DRUG), Mention(3, 5, DISEASE)]
    raised = with_facts(logits, [(0, 1), (1, 0)], mentions, [drug, disease], CLINICAL, 1.5)
    denied = [len(RELATIONS) + 1] if stated else []
    assert [tuple(place) for place in np.argwhere(raised).tolist()] == [(0, number) for number in (*stated, *denied)]
    assert not stated or set(raised[0, stated]) == {1.5}
    assert not logits.any()
