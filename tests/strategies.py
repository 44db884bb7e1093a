"""Hypothesis strategies for documents: nested, crossing and discontinuous entities, emoji, CRLF, every field."""

from __future__ import annotations

from hypothesis import strategies as st

from odin.schema import ASSERTIONS, ConceptRelation, Document, Entity, Provenance, Relation

WORDS = (
    "Metformin",
    "treats",
    "diabetes",
    "pain.",
    "β-blocker",
    "😀",
    "👩‍⚕️",
    "e\u0301",
    "x",
    "<b>",
    "&amp;",
    "{{x}}",
    "50 %",
)
WORDS += ("|a|", '"', "#1", "]", "[", "\\n", "O", "-DOCSTART-", "%41")
SPACES = (" ", " ", " ", "\n", "\r\n", "\t", "  ", "\n\n", "\r", "\u2028", "\x85", "")
LABELS = ("Drug", "Disease", "Treatment.Drug", "Lab_Test", "Größe")
RELATION_LABELS = ("treats", "causes", "Has_value")
CONCEPTS = ("D003924", "MESH:D1|MESH:D2", "c|DEL|1314_1328|", "9606", "RXNORM:6809", "two words", "concept:x")
IDS = ("d1", "note 7", "a/b", "..", "é😀", "100%", "10021369_3", "x.y")

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SPACES)), min_size=1, max_size=14).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)
scores = st.one_of(st.none(), st.floats(0, 1, allow_subnormal=False))
provenances = st.one_of(
    st.none(),
    st.builds(
        Provenance,
        source=st.sampled_from(("model", "human", "import")),
        name=st.sampled_from((None, "odin-mini@3f9c2a1b", "Dr. Ü")),
        seed=st.sampled_from((None, 0, 7)),
    ),
)
values = st.one_of(
    st.just(True), st.just(False), st.integers(-5, 5), st.sampled_from(("x", "two words", "a\nb", "", "Σ", "true", "1"))
)
attributes = st.dictionaries(
    st.sampled_from(("novel", "note", "severity", "Assertion", "key with space", "type", "score", "identifier")),
    st.one_of(values, st.lists(values, max_size=2)),
    max_size=3,
)


@st.composite
def spans(draw: st.DrawFn, length: int) -> tuple[tuple[int, int], ...]:
    """One span, or several ordered disjoint ones."""
    count = draw(st.sampled_from((1, 1, 1, 2, 3)))
    while length < 2 * count:
        count -= 1
    if count <= 1:
        start = draw(st.integers(0, length - 1))
        return ((start, draw(st.integers(start + 1, length))),)
    cuts = sorted(draw(st.lists(st.integers(0, length), min_size=2 * count, max_size=2 * count, unique=True)))
    return tuple(zip(cuts[::2], cuts[1::2], strict=True))


def ranges(length: int) -> st.SearchStrategy[tuple[int, int] | None]:
    """A (start, end) inside a text of that length, or None."""
    one = st.tuples(st.integers(0, length - 1), st.integers(1, length)).filter(lambda pair: pair[0] < pair[1])
    return st.one_of(st.none(), one)


@st.composite
def entities(draw: st.DrawFn, text: str, number: int) -> Entity:
    """An entity of `text` with any of the fields set."""
    found = draw(spans(len(text)))
    return Entity(
        id=f"T{number}",
        label=draw(st.sampled_from(LABELS)),
        start=found[0][0],
        end=found[-1][1],
        fragments=found if len(found) > 1 else (),
        concept=draw(st.one_of(st.none(), st.sampled_from(CONCEPTS))),
        score=draw(scores),
        assertion=draw(st.one_of(st.none(), st.sampled_from(ASSERTIONS))),
        cue=draw(ranges(len(text))),
        provenance=draw(provenances),
        attributes=draw(attributes),
    )


@st.composite
def documents(draw: st.DrawFn, ids: st.SearchStrategy[str] | None = None, max_entities: int = 6) -> Document:
    """A valid document with up to `max_entities` entities, and relations between them."""
    text = draw(texts)
    found: dict[object, Entity] = {}
    for number in range(1, draw(st.integers(0, max_entities)) + 1):
        entity = draw(entities(text, number))
        found.setdefault(entity.key, entity)
    names = [entity.id for entity in found.values()]
    relations: dict[tuple[str, str, str], Relation] = {}
    for number in range(1, draw(st.integers(0, 4)) + 1 if len(names) > 1 else 1):
        head, tail = draw(st.permutations(names))[:2]
        label = draw(st.sampled_from(RELATION_LABELS))
        relation = Relation(
            f"R{number}", label, head, tail, draw(scores), draw(ranges(len(text))), draw(provenances), draw(attributes)
        )
        relations.setdefault((label, head, tail), relation)
    concept_relation = st.builds(
        ConceptRelation,
        label=st.sampled_from(("CID", "Association")),
        head=st.sampled_from(CONCEPTS),
        tail=st.sampled_from(CONCEPTS),
        score=scores,
        attributes=attributes,
    )
    return Document(
        id=draw(ids if ids is not None else st.sampled_from(IDS)),
        text=text,
        entities=tuple(found.values()),
        relations=tuple(relations.values()),
        concept_relations=tuple(draw(st.lists(concept_relation, max_size=2))),
        meta=draw(st.dictionaries(st.sampled_from(("split", "group", "source")), values, max_size=2)),
        provenance=draw(provenances),
    )
