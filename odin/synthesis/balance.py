"""Topping up a note with statements of the labels and relations that are short, until none is below its share."""

from __future__ import annotations

from collections import Counter

from odin.synthesis.assessment import prevent
from odin.synthesis.findings import panel
from odin.synthesis.history import denials
from odin.synthesis.writer import Writer

LABELS = ("Disease", "Symptom", "Drug", "Procedure", "Lab_Test")
RELATIONS = ("treats", "causes", "indicates", "prevents")

MARGIN = 1.12
"""How far above its share a label is topped up: the next note may pull it down."""

MOST = 24
"""Statements added to one note."""

_HEADINGS = ("ADDITIONAL", "Also:", "ADDENDUM", "Other:", "Addendum:", "OTHER ISSUES")


def top_up(writer: Writer, ledger: Counter[str], share: float) -> None:
    """Add statements while a label or a relation of the notes so far falls short of `share`."""
    added = 0
    skipped: set[str] = set()
    while added < MOST:
        short = _shortest(writer, ledger, share * MARGIN, skipped)
        if short is None:
            return
        if not added:
            writer.line(blank=True)
            writer.heading(writer.rng.choice(_HEADINGS))
        writer.line()
        writer.write(writer.bullet)
        writer.fresh()
        before = len(writer.builder.mentions)
        _add(writer, short)
        if len(writer.builder.mentions) == before:
            skipped.add(short)
        writer.line()
        added += 1


def _shortest(writer: Writer, ledger: Counter[str], share: float, skipped: set[str]) -> str | None:
    labels = {name: ledger[f"label:{name}"] for name in LABELS}
    relations = {name: ledger[f"relation:{name}"] for name in RELATIONS}
    for mention in writer.builder.mentions.values():
        labels[mention.label] += 1
    for label, _, _, negated, _ in writer.builder.relations:
        relations[label] += not negated
    found = []
    for counts in (relations, labels):
        total = sum(counts.values()) or 1
        found += [(count / total, name) for name, count in counts.items() if name not in skipped]
    lowest, name = min(found, default=(1.0, ""))
    return name if lowest < share else None


def _add(writer: Writer, short: str) -> None:
    rng, patient = writer.rng, writer.patient
    vocabulary = writer.vocabulary
    if short == "prevents" and vocabulary.preventions:
        pairs = [pair for pair in vocabulary.preventions if len(writer.fitting(pair)) == 2]
        prevent(writer, *rng.choice(pairs or list(vocabulary.preventions)))
    elif short == "causes":
        problem = rng.choice(patient.problems)
        if problem.symptoms and rng.random() < 0.5:
            writer.say("causes.dz.S", H=problem.disease, T=list(problem.symptoms))
        elif vocabulary.reactions:
            pairs = [pair for pair in vocabulary.reactions if len(writer.fitting(pair)) == 2]
            cause, effect = rng.choice(pairs or list(vocabulary.reactions))
            writer.say("causes.rx" if cause.label == "Drug" else "causes.px", H=cause, T=effect)
    elif short in ("indicates", "Lab_Test"):
        _add_test(writer, short)
    elif short == "Symptom":
        writer.say("deny", S=denials(writer, patient.problems[0], rng.randint(2, 5)))
    else:
        _add_treatment(writer, short)


def _add_test(writer: Writer, short: str) -> None:
    rng, heads = writer.rng, writer.vocabulary.heads
    if short == "Lab_Test" and rng.random() < 0.5:
        panel(writer)
        return
    kinds = (
        (("Lab_Test", "lab"), ("Procedure", "proc"), ("Symptom", "sx"))
        if short == "indicates"
        else (("Lab_Test", "lab"),)
    )
    diseases = [problem.disease for problem in writer.patient.problems]
    found = [
        (disease, test, kind)
        for disease in diseases
        for label, kind in kinds
        for test in writer.fitting(heads.get(("indicates", disease.id, label), ()))
    ]
    if not found:
        for _ in range(20):
            disease = writer.vocabulary.draw_disease(rng, writer.patient.sex, writer.patient.age)
            found = [
                (disease, test, kind)
                for label, kind in kinds
                for test in writer.fitting(heads.get(("indicates", disease.id, label), ()))
            ]
            if found:
                break
    if found:
        disease, test, kind = rng.choice(found)
        writer.say(f"indicates.{kind}", H=writer.tested(test, disease), T=disease)


def _add_treatment(writer: Writer, short: str) -> None:
    rng, heads = writer.rng, writer.vocabulary.heads
    label = short if short in ("Drug", "Procedure") else rng.choice(("Drug", "Procedure"))
    if label == short and rng.random() < 0.6:
        items = [item for item in (writer.draw(label) for _ in range(rng.randint(2, 4))) if item is not None]
        if items:
            writer.say("meds", R=items) if label == "Drug" else writer.say("history.P", P=items)
            return
    for _ in range(20):
        disease = writer.vocabulary.draw_disease(rng, writer.patient.sex, writer.patient.age)
        options = writer.fitting(heads.get(("treats", disease.id, label), ()))
        if short == "Disease":
            writer.say("history.D", D=disease)
            return
        if options:
            kind = "treats.drug.D" if label == "Drug" else "treats.proc.D"
            writer.say(kind, H=rng.choice(options), T=disease)
            return
