"""The knowledge graph that ships, and the rules by which it is built and checked."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from odin.__main__ import main
from odin.errors import FormatError, InputError
from odin.knowledge.check import check
from odin.knowledge.curated import read_concepts, read_facts
from odin.knowledge.drafts import DraftConcept, Drafts
from odin.knowledge.graph import Concept, Fact, KnowledgeGraph
from odin.knowledge.tables import KNOWLEDGE_FOLDER, load_graph, read_graph, read_table, write_table

GRAPH = load_graph()


def id_of(name: str) -> str:
    return next(concept.id for concept in GRAPH.concept.values() if concept.name == name and concept.weight > 0)


def test_the_shipped_tables_have_no_problem() -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("label", "least"),
    [("Disease", 300), ("Symptom", 250), ("Drug", 450), ("Procedure", 200), ("Lab_Test", 180), ("Gene", 100),
     ("Protein", 100), ("Chemical", 100)],
)  # fmt: skip
def test_the_generated_part_has_the_promised_number_of_concepts(label: str, least: int) -> None:
    assert len(GRAPH.concepts(label, generated=True)) >= least


@pytest.mark.parametrize(
    ("relation", "least"), [("treats", 1800), ("causes", 1800), ("indicates", 500), ("prevents", 150)]
)
def test_the_graph_has_the_promised_number_of_facts(relation: str, least: int) -> None:
    assert len(GRAPH.facts_of(relation)) >= least


def test_at_least_three_hundred_pairs_are_known_not_to_hold() -> None:
    assert len(GRAPH.facts_of("treats", polarity=False)) >= 300


@pytest.mark.parametrize(
    ("subject", "relation", "object"),
    [
        ("metformin", "treats", "type 2 diabetes mellitus"),
        ("lisinopril", "causes", "cough"),
        ("influenza vaccine", "prevents", "influenza"),
        ("troponin", "indicates", "myocardial infarction"),
        ("cholecystectomy", "treats", "cholelithiasis"),
        ("atorvastatin", "is_a", "statin"),
    ],
)
def test_common_knowledge_is_in_the_graph(subject: str, relation: str, object: str) -> None:
    assert GRAPH.is_true(id_of(subject), relation, id_of(object))


def test_a_contraindication_is_false_and_an_unknown_pair_is_neither() -> None:
    metformin = id_of("metformin")
    assert GRAPH.is_false(metformin, "treats", id_of("type 1 diabetes mellitus"))
    assert not GRAPH.is_true(metformin, "treats", id_of("cataract"))
    assert not GRAPH.is_false(metformin, "treats", id_of("cataract"))


def test_reference_ranges_depend_on_sex_where_they_do() -> None:
    (male,) = GRAPH.reference_ranges(id_of("hemoglobin"), "male")
    (female,) = GRAPH.reference_ranges(id_of("hemoglobin"), "female")
    assert (male.low, female.low, male.unit) == (13.5, 12.0, "g/dL")


def test_every_generated_concept_is_written_in_some_way_and_named_first() -> None:
    for concept in GRAPH.concepts(generated=True):
        assert concept.surfaces[0].kind in ("preferred", "class"), concept.id


def test_facts_of_tier_c_are_not_loaded() -> None:
    fact = Fact("a", "treats", "b", tier="C")
    concepts = [Concept("a", "Drug", "a"), Concept("b", "Disease", "b")]
    assert KnowledgeGraph(concepts, [fact]).facts == ()


def alter(folder: Path, table: str, **cells: str) -> None:
    """Write other cells into the first row of a table."""
    path = folder / table
    rows = list(read_table(path))
    rows[0] = {**rows[0], **cells}
    write_table(path, list(rows[0]), [list(row.values()) for row in rows])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("concepts", "surfaces", "facts", "ranges", "sources"):
        shutil.copy(KNOWLEDGE_FOLDER / f"{name}.tsv", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("table", "cells", "problem"),
    [
        ("facts.tsv", {"object": "ODIN:nothing"}, "unknown concept"),
        ("facts.tsv", {"sources": ""}, "has no source"),
        ("facts.tsv", {"sources": "rumour"}, "sources.tsv does not list"),
        ("facts.tsv", {"licence": ""}, "has no licence"),
        ("facts.tsv", {"relation": "encodes"}, "may not"),
        ("facts.tsv", {"tier": "D"}, "tier 'D'"),
        ("concepts.tsv", {"codes": "CPT:99213"}, "may not be shipped"),
        ("surfaces.tsv", {"concept": "ODIN:nothing"}, "is no concept"),
        ("ranges.tsv", {"low": "9999"}, "not in order"),
        ("sources.tsv", {"ships": "no"}, "forbids shipping"),
    ],
)
def test_the_check_finds(copy: Path, table: str, cells: dict[str, str], problem: str) -> None:
    alter(copy, table, **cells)
    assert any(problem in line for line in check(copy))


def test_the_check_finds_a_fact_that_is_both_true_and_false(copy: Path) -> None:
    rows = list(read_table(copy / "facts.tsv"))
    opposite = {**rows[0], "polarity": "false" if rows[0]["polarity"] == "true" else "true"}
    write_table(copy / "facts.tsv", list(rows[0]), [list(row.values()) for row in (*rows, opposite)])
    assert any("both true and false" in line for line in check(copy))


def test_a_table_that_is_absent_or_torn_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"surfaces\.tsv"):
        read_graph(tmp_path)
    (tmp_path / "surfaces.tsv").write_text("concept\ttext\tkind\tweight\tambiguous\tsource\nDOID:1\tx\n")
    with pytest.raises(FormatError, match=r"surfaces\.tsv:2: 2 cells"):
        read_graph(tmp_path)


def drafts_of(*names: tuple[str, str]) -> Drafts:
    drafts = Drafts()
    for label, name in names:
        drafts.add(DraftConcept(label, name, "odin:test"))
    return drafts


def test_a_direct_statement_beats_one_that_a_class_hands_down() -> None:
    drafts = drafts_of(("Drug", "propranolol"), ("Disease", "asthma"))
    drug, disease = drafts.by_name["propranolol"], drafts.by_name["asthma"]
    drafts.state(drug, "treats", disease, "odin:class", inherited=True)
    drafts.state(drug, "treats", disease, "odin:drug", polarity=False)
    assert drafts.facts["propranolol", "treats", "asthma"].polarity is False


def test_two_curated_rows_that_contradict_stop_the_build() -> None:
    drafts = drafts_of(("Drug", "a"), ("Disease", "b"))
    drafts.state(drafts.by_name["a"], "treats", drafts.by_name["b"], "odin:one")
    with pytest.raises(FormatError, match="both true and false"):
        drafts.state(drafts.by_name["a"], "treats", drafts.by_name["b"], "odin:two", polarity=False)


def test_the_curated_tables_name_only_what_they_define() -> None:
    drafts = Drafts()
    read_concepts(drafts)
    read_facts(drafts)
    assert Counter(fact.polarity for fact in drafts.facts.values())[True] > 5000


def test_the_command_looks_up_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "lookup", "HTN on lisinopril"]) == 0
    assert "hypertension" in capsys.readouterr().out
    assert main(["knowledge", "check"]) == 0


def test_a_build_without_a_source_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ODIN_KNOWLEDGE", raising=False)
    assert main(["knowledge", "build"]) == 2
    assert "--source" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("drug", "relation", "other"),
    [
        ("bivalirudin", "prevents", "deep vein thrombosis"),
        ("buprenorphine/naloxone", "treats", "pain"),
        ("umeclidinium/vilanterol", "treats", "asthma"),
        ("ketorolac", "treats", "rheumatoid arthritis"),
        ("prasugrel", "prevents", "stroke"),
        ("baclofen", "treats", "lumbar strain"),
        ("cilostazol", "treats", "coronary artery disease"),
    ],
)
def test_a_drug_inherits_no_use_of_its_class_that_it_does_not_have(drug, relation, other) -> None:
    assert not GRAPH.is_true(id_of(drug), relation, id_of(other))
    drafts = Drafts()
    read_concepts(drafts)
    read_facts(drafts)
    assert (drug, relation, other) not in drafts.facts


def test_the_limits_of_sex_and_age_are_those_of_the_curated_table() -> None:
    drafts = Drafts()
    read_concepts(drafts)
    rows = list(read_table(KNOWLEDGE_FOLDER / "curated" / "limits.tsv", ("name", "sex", "min_age", "max_age")))
    assert len(rows) > 60
    shipped = {(item.label, item.name): item for item in GRAPH.concept.values()}
    for row in rows:
        draft = drafts.by_name[row["name"]]
        concept = shipped[draft.label, draft.name]
        assert (draft.sex or None, draft.min_age, draft.max_age) == (concept.sex, concept.min_age, concept.max_age)
