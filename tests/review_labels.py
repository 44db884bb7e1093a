"""Label sets for tests of the review: the clinical labels and pairs, and one with a symmetric relation."""

from odin.labels import EntityLabel, LabelSet, RelationLabel

_ENTITIES = ("Disease", "Symptom", "Drug", "Procedure", "Lab_Test")

CLINICAL = LabelSet(
    name="clinical",
    entities=tuple(EntityLabel(label, definition=f"what {label} means") for label in _ENTITIES),
    relations=(
        RelationLabel("treats", tuple((h, t) for h in ("Drug", "Procedure") for t in ("Disease", "Symptom"))),
        RelationLabel(
            "causes", tuple((h, t) for h in ("Disease", "Drug", "Procedure") for t in ("Disease", "Symptom"))
        ),
        RelationLabel("indicates", tuple((h, "Disease") for h in ("Symptom", "Lab_Test", "Procedure"))),
        RelationLabel("prevents", tuple((h, t) for h in ("Drug", "Procedure") for t in ("Disease", "Symptom"))),
    ),
    assertions=tuple((v, v) for v in ("present", "negated", "uncertain", "hypothetical", "historical", "family")),
)

SYMMETRIC = LabelSet(
    name="symmetric",
    entities=(EntityLabel("Drug"), EntityLabel("Disease")),
    relations=(
        RelationLabel("interacts", (("Drug", "Drug"),), symmetric=True),
        RelationLabel("treats", (("Drug", "Disease"),)),
    ),
)
