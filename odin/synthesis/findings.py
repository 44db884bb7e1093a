"""The sections that measure: review of systems, vitals, examination, results."""

from __future__ import annotations

from odin.knowledge.graph import Concept
from odin.synthesis.history import evidence
from odin.synthesis.labs import NAMES, PANELS, result_of
from odin.synthesis.realise import Term
from odin.synthesis.writer import Writer

SYSTEMS = {
    "constitutional": ("Constitutional", "General", "CONSTITUTIONAL"),
    "heent": ("HENT", "Ears, Nose, Mouth and Throat", "HEENT", "ENT"),
    "cardiovascular": ("Cardiovascular", "CV", "Cardiac"),
    "respiratory": ("Respiratory", "RESP", "Pulmonary"),
    "gastrointestinal": ("Gastrointestinal", "GI"),
    "genitourinary": ("Genitourinary", "GU"),
    "musculoskeletal": ("Musculoskeletal", "MSK"),
    "neurological": ("Neurological", "NEURO", "Neuro"),
    "psychiatric": ("Psychiatric", "Psych"),
    "skin": ("Integumentary", "Skin"),
    "endocrine": ("Endocrine",),
}
EXAM_PARTS = {
    "general": ("General", "GENERAL", "Gen", "Constitutional"),
    "heent": ("HEENT", "Head and Face", "ENT"),
    "neck": ("Neck", "NECK"),
    "lungs": ("Respiratory", "Lungs", "Auscultation of Lungs", "Chest", "RESP"),
    "heart": ("Cardiovascular", "CV", "Heart", "Auscultation of Heart"),
    "abdomen": ("Gastrointestinal", "Abdomen", "Abd", "Examination of Abdomen"),
    "msk": ("Musculoskeletal", "MSK", "Extremities"),
    "extremities": ("Extremities", "Ext", "EXT"),
    "neuro": ("Neurological", "Neuro", "NEURO"),
    "psych": ("Psychiatric", "Psych"),
    "skin": ("Skin", "Integumentary", "SKIN"),
    "gu": ("Genitourinary", "GU"),
}


def review_of_systems(writer: Writer) -> None:
    """Systems with what is denied and reported, one a line or run together."""
    rng = writer.rng
    apart = rng.random() < 0.7
    upper = rng.random() < 0.2
    for system in [name for name in SYSTEMS if rng.random() < 0.5] or ["constitutional"]:
        name = rng.choice(SYSTEMS[system])
        if apart:
            writer.line()
            writer.write(writer.bullet)
        else:
            writer.gap()
        writer.write(f"{name.upper() if upper else name}: ")
        writer.fresh()
        own = [problem for problem in writer.patient.problems if problem.symptoms]
        if own and system == "constitutional" and writer.chance(0.4):
            problem = rng.choice(own)
            writer.say("endorse", S=list(problem.symptoms), S2=list(problem.symptoms[1:2]))
        else:
            writer.say(f"ros.{system}")
    if writer.chance(0.25):
        writer.say("ros.all")
    writer.line()


def vitals(writer: Writer) -> None:
    """Vital signs: numbers, nothing to annotate."""
    rng, found = writer.rng, writer.patient.vitals
    style = rng.randrange(4)
    if style == 0:
        for text in (
            f"Blood pressure: {found.systolic}/{found.diastolic}",
            f"Heart rate: {found.pulse}",
            f"Respirations: {found.respirations}",
            f"Temperature: {found.temperature}",
            f"Oxygen saturation: {found.saturation}%",
        ):
            if rng.random() < 0.75:
                writer.write(text + "\n")
    elif style == 1:
        writer.write(
            f"BP {found.systolic}/{found.diastolic}, HR {found.pulse}, RR {found.respirations}, "
            f"T {found.temperature}, SpO2 {found.saturation}% {rng.choice(('RA', 'on room air', ''))}".rstrip()
        )
    elif style == 2:
        writer.write(
            f"T{found.temperature} P{found.pulse} BP {found.systolic}/{found.diastolic} "
            f"R{found.respirations} sat {found.saturation}"
        )
    else:
        writer.write(
            f"Blood pressure is {found.systolic}/{found.diastolic}, pulse {found.pulse}, "
            f"weight {found.weight_pounds} pounds, temperature {found.temperature}."
        )
    writer.line()


def examination(writer: Writer) -> None:
    """Parts of the examination; positive findings of the problem where it has some."""
    rng = writer.rng
    first = writer.patient.problems[0]
    parts = [name for name in EXAM_PARTS if rng.random() < 0.45] or ["general", "lungs", "heart"]
    if first.injury and "msk" not in parts:
        parts.append("msk")
    apart = rng.random() < 0.75
    for part in parts:
        name = rng.choice(EXAM_PARTS[part])
        if apart:
            writer.line()
            writer.write(writer.bullet)
        else:
            writer.gap()
        writer.write(f"{name}: " if rng.random() < 0.85 or apart else "")
        writer.fresh()
        writer.say(f"exam.{part}")
        if part == "general":
            writer.say("exam.quiet")
    if first.signs and writer.chance(0.5):
        writer.line()
        writer.say("found", S=list(first.signs), S2=list(first.signs[1:2]))
    writer.line()


def panel(writer: Writer) -> None:
    """A line of laboratory values that fit together."""
    rng, labs = writer.rng, writer.patient.labs
    names = [name for name in PANELS[rng.choice(list(PANELS))] if name in labs and rng.random() < 0.85]
    terms = {name: _analyte(writer, name) for name in names}
    results = {name: _result(writer, terms[name], labs[name]) for name in names}
    names = [name for name in names if writer.claims.allow_result(terms[name].concept or name, results[name])]
    writer.line()
    joint = rng.choice((", ", "  ", "; ", " | ", ", "))
    for number, name in enumerate(names):
        writer.write(joint if number else "")
        writer.mention(terms[name])
        writer.write(rng.choice((" ", " ", ": ")) + labs[name])
        writer.claims.report(terms[name].concept or name, results[name])
    writer.line()


def results(writer: Writer) -> None:
    """Tests and studies: values, what they speak for and against."""
    rng, patient = writer.rng, writer.patient
    for _ in range(rng.choice((0, 1, 1, 2))):
        panel(writer)
    for problem in patient.problems[:3]:
        if writer.chance(0.7):
            writer.line()
            writer.write(writer.bullet)
            writer.fresh()
            evidence(writer, problem)
        for lab in problem.labs[:1]:
            if writer.chance(0.4):
                kind = "result" if writer.chance(0.6) else "result.normal"
                writer.item(kind, X=writer.tested(lab, problem.disease))
        for study in problem.studies[:1]:
            if writer.chance(0.25):
                writer.item("study", X=study)
    for doubt in patient.doubts[: rng.choice((0, 1, 1, 2))]:
        writer.line()
        writer.write(writer.bullet)
        writer.fresh()
        evidence(writer, patient.problems[0], against=doubt)
    writer.line()


def _result(writer: Writer, term: Term, value: str) -> str:
    """Whether a value of the panels is `normal` or `abnormal`."""
    result = result_of(writer.vocabulary.graph, term.concept or "", writer.patient.sex, value)
    return "normal" if result == "normal" else "abnormal"


def _analyte(writer: Writer, name: str) -> Term:
    text = writer.rng.choice(NAMES[name])
    concept: Concept = writer.vocabulary.named(text, "Lab_Test")
    if not concept.id:
        concept = writer.vocabulary.named(NAMES[name][-1], "Lab_Test")
    return Term("Lab_Test", text, concept.id or None)
