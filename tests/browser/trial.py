"""A note on trial in the editor: its text and suggestions, its project, and what its draft in the store holds."""

from annotation.store import Store
from annotation.store.projects import ProjectSettings, assign, create_project
from annotation.store.reviews import DraftKey, open_note
from odin.labels import load_label_set
from odin.schema import Document, Entity, Relation

TEXT = (
    "😀 Pt started aspirin 81 mg for chest pain; denies fever.\n"
    "Aspirin caused gastritis? Metformin for type 2 diabetes.\n"
    "Return if chest pain worsens; aspirin daily.\n"
)
EDITOR = "#editor .text"


def entity(id, label, words, score=0.9):
    start = TEXT.index(words)
    return Entity(id, label, start, start + len(words), score=score)


def suggested():
    entities = (
        entity("T1", "Drug", "aspirin"),
        entity("T2", "Symptom", "chest pain"),
        entity("T3", "Symptom", "fever", 0.6),
    )
    return Document("note", TEXT, entities, (Relation("R1", "treats", "T1", "T2", score=0.7),))


def long_note():
    row = "BP 120/80, given aspirin for headache, no fever; continues metformin.\n"
    found = []
    for n in range(0, 600, 5):
        at = n * len(row) + row.index("aspirin")
        found.append(Entity(f"T{n + 1}", "Drug", at, at + 7))
    return Document("long", row * 600, tuple(found))


def dense_note():
    """Twenty sentences with three mentions and two relations each."""
    entities, relations, text = [], [], ""
    for n in range(20):
        ends = []
        for before, words, label in (
            ("", "aspirin", "Drug"),
            (" for ", "gout", "Disease"),
            (" and ", "fever", "Symptom"),
        ):
            start = len(text) + len(before)
            text += before + words
            ends.append(f"T{len(entities) + 1}")
            entities.append(Entity(ends[-1], label, start, start + len(words)))
        text += ".\n" if n % 4 == 3 else ", then "
        for name, tail in zip(("treats", "causes"), ends[1:], strict=True):
            relations.append(Relation(f"R{len(relations) + 1}", name, ends[0], tail))
    return Document("dense", text, tuple(entities), tuple(relations))


class Trial(Store):
    """The store, and the test's own project in it."""

    project = ""

    @property
    def key(self):
        return DraftKey(self.project, "note", "ann")


def started(path, name):
    """A store with a project of that name in which ann has the notes."""
    store = Trial(path)
    store.project = name
    notes = [suggested(), Document("second", "No allergies known."), long_note(), dense_note()]
    labels, settings = load_label_set("clinical"), ProjectSettings(random_share=0)
    create_project(store, name, labels, notes, created_by="lead", settings=settings)
    assign(store, name, ["ann", "bob"], overlap=2)
    return store


def ready(opened):
    opened.page.wait_for_selector("#editor .mention")
    opened.page.wait_for_function("document.querySelector('#editor .saved').textContent.startsWith('saved')")


def press(opened, *keys):
    for key in keys:
        opened.page.keyboard.press(key)


def draft(store):
    return open_note(store, store.key)


def surfaces(store):
    document = draft(store).document
    return sorted((document.text[e.start : e.end], e.label) for e in document.entities)


def sentences(store):
    document = draft(store).document
    said = {e.id: e.text_in(document.text) for e in document.entities}
    return sorted((said[r.head], r.label, said[r.tail]) for r in document.relations)
