"""Documents that are about one thing: imaging, operation, pathology, nursing, telephone, letter."""

from __future__ import annotations

from odin.synthesis.assessment import prevention
from odin.synthesis.findings import panel
from odin.synthesis.history import denials, evidence, treat
from odin.synthesis.patient import Problem
from odin.synthesis.writer import Writer, concepts_of


def _studied(writer: Writer) -> Problem:
    """The first problem that a study speaks for, or the first."""
    return next((item for item in writer.patient.problems if item.studies), writer.patient.problems[0])


def examination_of(writer: Writer) -> None:
    """The name of a study or operation and why it is done."""
    problem = _studied(writer)
    studies = problem.studies or problem.procedures
    if studies:
        writer.mention(studies[0], capital=True)
    writer.line()
    writer.heading(writer.rng.choice(("INDICATION: ", "History: ", "CLINICAL INDICATION: ", "Reason: ")))
    writer.fresh()
    writer.say("cc", S=list(problem.symptoms), D=problem.disease)
    writer.line()


def technique(writer: Writer) -> None:
    """How the images were made."""
    writer.say("rad.technique")
    writer.line()


def radiology_findings(writer: Writer) -> None:
    """What is seen and not seen."""
    for _ in range(writer.rng.randint(2, 6)):
        writer.say("rad.normal")
    problem = _studied(writer)
    if problem.studies and writer.chance(0.8):
        writer.say("rad.finding", H=problem.studies[0], T=problem.disease)
    writer.line()


def radiology_impression(writer: Writer) -> None:
    """The reading."""
    problem = _studied(writer)
    for number in range(1, writer.rng.randint(2, 4)):
        writer.line()
        writer.write(f"{number}. " if writer.chance(0.8) else "")
        writer.fresh()
        if number == 1 and problem.studies:
            writer.say("rad.finding", H=problem.studies[0], T=problem.disease)
        elif number == 1:
            evidence(writer, problem)
        elif writer.patient.doubts and writer.chance(0.5):
            evidence(writer, problem, against=writer.patient.doubts[0])
        else:
            writer.say("rad.normal")
    writer.line()


def operation(writer: Writer) -> None:
    """Diagnosis, procedure, steps, what followed."""
    problem = next((item for item in writer.patient.problems if item.procedures), writer.patient.problems[0])
    labels = writer.rng.choice(
        (
            ("Preoperative diagnosis: ", "Procedure: "),
            ("Pre-op Dx: ", "Procedure performed: "),
            ("DIAGNOSIS: ", "PROCEDURE: "),
        )
    )
    writer.write(labels[0])
    writer.builder.begin("bare.operation")
    disease = writer.mention(problem.disease, capital=True)
    writer.builder.end()
    writer.line()
    if problem.procedures:
        writer.write(labels[1])
        writer.builder.begin("bare.operation")
        done = writer.mention(problem.procedures[0], capital=True)
        writer.builder.relate("treats", done, disease)
        writer.builder.end()
        writer.line()
    for _ in range(writer.rng.randint(3, 7)):
        writer.say("op.steps")
    treat(writer, problem)
    for cause, effect in writer.patient.reactions[:2]:
        if cause.label == "Procedure" and writer.chance(0.6):
            writer.say("causes.px" if writer.chance(0.4) else "causes.px.risk", H=cause, T=effect)
    prevention(writer)


def pathology(writer: Writer) -> None:
    """The specimen and the diagnosis."""
    problem = _studied(writer)
    for _ in range(writer.rng.randint(2, 5)):
        writer.say("path.body")
    writer.line()
    writer.heading(writer.rng.choice(("DIAGNOSIS: ", "Final diagnosis: ", "Interpretation: ")))
    writer.fresh()
    evidence(writer, problem)
    if writer.patient.doubts:
        evidence(writer, problem, against=writer.patient.doubts[0])
    writer.line()


def nursing(writer: Writer) -> None:
    """A shift or a visit as the nurse writes it."""
    rng, patient = writer.rng, writer.patient
    for problem in patient.problems[:3]:
        if problem.symptoms:
            writer.say("endorse", S=list(problem.symptoms), S2=list(problem.symptoms[1:2]))
        treat(writer, problem)
        for _ in range(rng.choice((0, 1, 1, 2))):
            writer.say("nursing")
        if writer.chance(0.4):
            writer.say("deny", S=denials(writer, problem, rng.randint(1, 4)))
        if writer.chance(0.4):
            writer.line()
    for cause, effect in patient.reactions[:1]:
        if cause.label == "Drug" and writer.chance(0.5):
            writer.say("causes.rx", H=cause, T=effect)
    prevention(writer)


def telephone(writer: Writer) -> None:
    """A call: what was asked, said and advised."""
    rng, problem = writer.rng, writer.patient.problems[0]
    writer.say("phone")
    if problem.symptoms:
        writer.say("endorse", S=list(problem.symptoms), S2=list(problem.symptoms[1:2]))
    writer.say("deny", S=denials(writer, problem, rng.randint(1, 4)))
    treat(writer, problem)
    for cause, effect in writer.patient.reactions[:1]:
        if writer.chance(0.6):
            mood = rng.choice(("", ".neg", ".risk")) if cause.label == "Drug" else ""
            writer.say(("causes.rx" if cause.label == "Drug" else "causes.px") + mood, H=cause, T=effect)
    if writer.chance(0.4):
        panel(writer)
    writer.say("phone")
    writer.say("return", S=denials(writer, problem, rng.randint(1, 3)))
    writer.line()


def reconciliation(writer: Writer) -> None:
    """Each drug with what it is for, what changed and why."""
    patient = writer.patient
    for problem in patient.problems:
        for drug in problem.drugs:
            writer.line()
            writer.write(writer.bullet)
            writer.fresh()
            if writer.chance(0.7):
                writer.say(f"treats.drug.{problem.disease.label[0]}", H=drug, T=problem.disease)
            else:
                writer.say("meds", R=drug)
    for cause, effect in patient.reactions[:2]:
        if cause.label == "Drug":
            writer.item("causes.rx" if writer.chance(0.7) else "causes.rx.neg", H=cause, T=effect)
    for head, tail in patient.preventions[:2]:
        writer.item("prevents.rx" if head.label == "Drug" else "prevents.px", H=head, T=tail)
    other = writer.draw("Drug")
    if other is not None:
        writer.item("plan.stop", H=other)
    writer.line()


def letter(writer: Writer) -> None:
    """A letter from one physician to another."""
    writer.say("letter.open")
    problem = writer.patient.problems[0]
    others = concepts_of(writer.patient.problems[1:3]) or [problem.disease]
    writer.say("open.D", D=[problem.disease, *others])
    treat(writer, problem)
    if problem.symptoms:
        writer.say("causes.dz.S", H=problem.disease, T=list(problem.symptoms))
    evidence(writer, problem)
    writer.say("hpi.quiet")
    for other in writer.patient.problems[1:3]:
        treat(writer, other)
    prevention(writer)
    writer.say("letter.close")
    writer.line()
