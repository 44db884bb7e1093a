"""Biomedical abstracts with the labels of BioRED: entities with concept ids, relations between concepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from odin.errors import InputError
from odin.knowledge.graph import Concept, KnowledgeGraph
from odin.schema import ConceptRelation, Document, Provenance
from odin.synthesis.grammar import TemplateBook
from odin.synthesis.holdout import book_of, vocabulary_of
from odin.synthesis.realise import NoteBuilder, Term
from odin.synthesis.vocabulary import Vocabulary

GENE, DISEASE, CHEMICAL = "GeneOrGeneProduct", "DiseaseOrPhenotypicFeature", "ChemicalEntity"
_LABELS = {
    "Gene": GENE,
    "Protein": GENE,
    "Disease": DISEASE,
    "Symptom": DISEASE,
    "Drug": CHEMICAL,
    "Chemical": CHEMICAL,
}

ORGANISMS = (
    ("patients", "9606"),
    ("mice", "10090"),
    ("rats", "10116"),
    ("women", "9606"),
    ("children", "9606"),
    ("rabbits", "9986"),
)
"""(surface, NCBI Taxonomy id)."""
CELL_LINES = (
    ("HeLa", "CVCL_0030"), ("HEK293", "CVCL_0045"), ("MCF-7", "CVCL_0031"), ("HepG2", "CVCL_0027"),
    ("A549", "CVCL_0023"), ("Jurkat", "CVCL_0065"), ("U2OS", "CVCL_0042"), ("SH-SY5Y", "CVCL_0019"),
)  # fmt: skip
"""(surface, Cellosaurus id)."""
_RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
_BASES = "ACGT"

_STATEMENTS = (
    # kind, relation of the graph, labels of its subject, labels of its object, slots of subject and object
    ("bio.negative", "treats", ("Drug",), ("Disease", "Symptom"), "C", "D"),
    ("bio.positive", "causes", ("Drug",), ("Disease", "Symptom"), "C", "D"),
    ("bio.gene.disease", "associated_with", ("Gene", "Protein"), ("Disease",), "G", "D"),
    ("bio.gene.up", "associated_with", ("Gene", "Protein"), ("Disease",), "G", "D"),
    ("bio.inhibits", "inhibits", ("Drug", "Chemical"), ("Gene", "Protein"), "C", "G"),
    ("bio.activates", "activates", ("Drug", "Chemical"), ("Gene", "Protein"), "C", "G"),
)


def generate_abstracts(count: int, seed: int, vocabulary: Vocabulary | None = None) -> Iterator[Document]:
    """`count` abstracts; equal seeds give equal bytes. Raises InputError where the graph has no genes or chemicals."""
    vocabulary = vocabulary or vocabulary_of("train")
    facts = _facts(vocabulary.graph)
    book = book_of("train")
    for number in range(count):
        yield _abstract(
            vocabulary, facts, book, Random(f"{seed}:abstract:{number}"), f"abstract-{seed}-{number:06d}", seed
        )


Facts = Mapping[str, Sequence[tuple[Concept, Concept]]]


def _facts(graph: KnowledgeGraph) -> Facts:
    """The pairs of concepts that each kind of statement may state."""
    found: dict[str, list[tuple[Concept, Concept]]] = {}
    for kind, relation, subjects, objects, _, _ in _STATEMENTS:
        pairs = ((graph.concept.get(fact.subject), graph.concept.get(fact.object)) for fact in graph.facts_of(relation))
        found[kind] = [
            (head, tail) for head, tail in pairs if head and tail and head.label in subjects and tail.label in objects
        ]
    if not any(found.values()):
        raise InputError("the knowledge graph has no facts on drugs, genes or diseases to write abstracts about")
    return found


class _Abstract:
    """An abstract in the making: its slots keep their concepts, so that sentences speak of the same things."""

    def __init__(self, vocabulary: Vocabulary, facts: Facts, book: TemplateBook, rng: Random) -> None:
        self.vocabulary, self.facts, self.book, self.rng = vocabulary, facts, book, rng
        self.builder = NoteBuilder(rng, str)
        self.stated: dict[tuple[str, str], str] = {}
        """(head concept, tail concept) -> relation label: one pair has one."""
        self.used: Counter[str] = Counter()

    def term(self, concept: Concept) -> Term:
        plain = self.vocabulary.term(concept, self.rng, "p")
        return Term(_LABELS[concept.label], plain.surface, concept.id)

    def draw(self, slot: str) -> Term:
        rng = self.rng
        if slot == "O":
            surface, code = rng.choice(ORGANISMS)
            return Term("OrganismTaxon", surface, code)
        if slot == "K":
            surface, code = rng.choice(CELL_LINES)
            return Term("CellLine", surface, code)
        if slot == "V":
            surface = _variant(rng)
            return Term("SequenceVariant", surface, surface)
        labels = {"G": ("Gene", "Protein"), "D": ("Disease",), "C": ("Drug", "Chemical")}[slot[0]]
        for label in rng.sample(labels, len(labels)):
            concept = self.vocabulary.draw(rng, label)
            if concept is not None:
                return self.term(concept)
        raise InputError(f"the knowledge graph has no {' or '.join(labels)} to write of")

    def say(self, kind: str, terms: dict[str, Term]) -> None:
        """One sentence; slots that `terms` leaves open are drawn. Nothing where the pair has another relation."""
        options = [item for item in self.book.of(kind, "p") if self.used[item.id] == 0] or list(self.book.of(kind, "p"))
        template = self.rng.choice(options)
        filled = {slot: terms.get(slot) or self.draw(slot) for slot in sorted(template.slots)}
        for relation in template.relations:
            head, tail = filled[relation.head].concept, filled[relation.tail].concept
            pair = tuple(sorted((str(head), str(tail))))
            if head == tail or self.stated.get((pair[0], pair[1]), relation.label) != relation.label:
                return
            self.stated[pair[0], pair[1]] = relation.label
        self.used[template.id] += 1
        if self.builder.pieces:
            self.builder.write(" ")
        self.builder.say(template, {slot: [term] for slot, term in filled.items()})


def _abstract(vocabulary: Vocabulary, facts: Facts, book: TemplateBook, rng: Random, id: str, seed: int) -> Document:
    text = _Abstract(vocabulary, facts, book, rng)
    kinds = [item for item in _STATEMENTS if facts[item[0]]]
    for number in range(rng.randint(4, 7)):
        kind, _, _, _, head_slot, tail_slot = rng.choice(kinds)
        head, tail = rng.choice(facts[kind])
        terms = {head_slot: text.term(head), tail_slot: text.term(tail)}
        if number == 0:
            text.say(kind.replace("bio.", "bio.title."), terms)
            text.say("bio.open", {"D": terms["D"]} if "D" in terms else {})
        text.say(kind, terms if number else {head_slot: text.term(head), tail_slot: text.term(tail)})
        extra = rng.random()
        if extra < 0.3:
            text.say("bio.quiet", {})
        elif extra < 0.45:
            text.say(rng.choice(("bio.cotreatment", "bio.comparison")), {"C": text.draw("C"), "C2": text.draw("C2")})
        elif extra < 0.6:
            _say_variant(text)
        elif extra < 0.75:
            text.say("bio.none", {})
    text.say("bio.quiet", {})
    return _finished(text, id, seed)


def _say_variant(text: _Abstract) -> None:
    """A variant of a gene, in the disease that the graph joins to the gene."""
    if text.facts["bio.gene.disease"]:
        gene, disease = text.rng.choice(text.facts["bio.gene.disease"])
        text.say("bio.variant", {"G": text.term(gene), "D": text.term(disease)})


def _finished(text: _Abstract, id: str, seed: int) -> Document:
    """The document, with its relations between concepts and plain entities (BioRED knows no assertion)."""
    document = text.builder.document(
        id,
        meta={"note_type": "abstract", "templates": [item.template for item in text.builder.statements]},
        provenance=Provenance("generator", "odin.synthesis.abstracts", seed=seed),
    )
    concept = {entity.id: str(entity.concept) for entity in document.entities}
    found = {(item.label, concept[item.head], concept[item.tail]): None for item in document.relations}
    entities = tuple(replace(entity, assertion=None) for entity in document.entities)
    return replace(
        document,
        entities=entities,
        relations=(),
        concept_relations=tuple(
            ConceptRelation(label, min(head, tail), max(head, tail)) for label, head, tail in found
        ),
    )


def _variant(rng: Random) -> str:
    style = rng.randrange(4)
    if style == 0:
        return f"rs{rng.randint(1000, 99_999_999)}"
    if style == 1:
        first, second = rng.sample(_BASES, 2)
        return f"c.{rng.randint(20, 4200)}{first}>{second}"
    first, second = rng.sample(_RESIDUES, 2)
    return f"{'p.' if style == 2 else ''}{first}{rng.randint(10, 1800)}{second}"
