"""The sections that decide: impression, plan by problem, course, instructions. Treatments stand under their problem."""

from __future__ import annotations

from collections.abc import Callable

from odin.knowledge.graph import Concept
from odin.synthesis.history import (
    denials,
    evidence,
    tell_complication,
    tell_explanation,
    tell_study,
    tell_treatment,
)
from odin.synthesis.patient import Problem
from odin.synthesis.vocabulary import pick
from odin.synthesis.writer import Writer


def plan_by_problem(writer: Writer) -> None:
    """Each problem as a heading with its lines; `treats` leads from a line back to the heading."""
    style = writer.rng.choice(("visit", "visit", "number", "hash", "plain", "run"))
    for number, problem in enumerate(writer.patient.problems[:4], 1):
        if style == "visit":
            _visit_problem(writer, number, problem)
        else:
            _short_problem(writer, number, problem, style)
    prevention(writer)
    if writer.chance(0.5):
        writer.item("plan.quiet", bullet="")
    writer.line()


def _headline(writer: Writer, problem: Problem) -> str:
    """The mention that the lines below treat: the disease, or for an injury the complaint.

    A complaint with its likely cause is a heading too; the lines below then treat the cause.
    """
    share = writer.rng.random()
    if problem.symptoms and problem.injury and not problem.symptoms[0].id and share < 0.35:
        return writer.mention(problem.symptoms[0], capital=True)
    if problem.symptoms and share < 0.2:
        complaint = writer.mention(problem.symptoms[0], capital=True)
        writer.write(writer.rng.choice((", likely ", ", possibly ", ", probable ")))
        cause = writer.mention(problem.disease, "uncertain")
        writer.builder.relate("causes", cause, complaint)
        return cause
    return writer.mention(problem.disease, capital=True)


def _visit_problem(writer: Writer, number: int, problem: Problem) -> None:
    """Reasoning, education and treatment, each on a line, as visit notes have them."""
    rng = writer.rng
    writer.line(blank=number > 1)
    writer.write(f"{number}. " if rng.random() < 0.5 else "")
    writer.builder.begin("bare.heading")
    head = _headline(writer, problem)
    writer.builder.end()
    writer.write(".")
    mark = rng.choice(("- ", "• ", ""))
    writer.line()
    writer.write(f"{mark}Medical Reasoning: ")
    writer.fresh()
    reasoning(writer, problem)
    if rng.random() < 0.5:
        writer.line()
        writer.write(f"{mark}Patient Education and Counseling: ")
        writer.fresh()
        writer.say("plan.quiet")
        if rng.random() < 0.25 and problem.symptoms:
            writer.say("return", S=list(problem.symptoms))
    if rng.random() < 0.3 and (problem.studies or problem.labs):
        writer.line()
        writer.write(f"{mark}Additional Testing: ")
        writer.fresh()
        order(writer, problem)
    writer.line()
    writer.write(f"{mark}Medical Treatment: ")
    writer.fresh()
    treatment(writer, problem, head)
    writer.line()


def _short_problem(writer: Writer, number: int, problem: Problem, style: str) -> None:
    """A heading and its lines: `1.`, `#`, a paragraph, or all in one line."""
    writer.line(blank=style == "plain" and number > 1)
    writer.write({"number": f"{number}. ", "hash": "# ", "plain": "", "run": writer.bullet}[style])
    writer.builder.begin("bare.heading")
    head = _headline(writer, problem)
    writer.builder.end()
    inline = style == "run" or writer.chance(0.4)
    writer.write(writer.rng.choice((": ", " - ", ". ")) if inline else "")
    if not inline:
        writer.line()
        writer.write(writer.bullet)
    writer.fresh()
    if writer.chance(0.5):
        reasoning(writer, problem)
    treatment(writer, problem, head)
    if not inline and writer.chance(0.4):
        writer.line()
        writer.write(writer.bullet)
        writer.fresh()
        order(writer, problem)
    writer.line()


def reasoning(writer: Writer, problem: Problem) -> None:
    """Why: evidence, cause, or how it is going."""
    share = writer.rng.random()
    if share < 0.36:
        evidence(writer, problem)
    elif share < 0.46 and problem.complications:
        writer.say("causes.dz.D", H=problem.disease, T=problem.complications[0])
    elif share < 0.56 and writer.patient.doubts:
        evidence(writer, problem, against=writer.rng.choice(writer.patient.doubts))
    elif share < 0.64 and problem.symptoms:
        writer.say("causes.dz.S", H=problem.disease, T=list(problem.symptoms))
    else:
        writer.say("reason")
    if writer.chance(0.25):
        writer.say("plan.quiet")


def treatment(writer: Writer, problem: Problem, head: str) -> None:
    """What is done for the problem of the heading; now and then what is not, or what comes next."""
    target = writer.existing(head)
    drugs, procedures = list(problem.drugs), list(problem.procedures)
    if drugs and (not procedures or writer.chance(0.8)):
        some = pick(writer.rng, drugs, writer.rng.choice((1, 1, 2)))
        writer.say("plan.drug", H=some, T=target)
    if procedures and writer.chance(0.55):
        writer.say("plan.proc", H=pick(writer.rng, procedures, writer.rng.choice((1, 1, 2))), T=target)
    extra = writer.rng.random()
    if extra < 0.14 and (drugs or procedures):
        writer.say("plan.maybe", X=writer.rng.choice(drugs + procedures))
    elif extra < 0.2:
        other = writer.draw(writer.rng.choice(("Drug", "Procedure")))
        if other is not None:
            writer.say("plan.refuse", X=other)
    elif extra < 0.28:
        other = writer.draw("Drug")
        if other is not None:
            writer.say("plan.stop", H=other)
    elif extra < 0.5:
        order(writer, problem)
    if writer.chance(0.45):
        writer.say("plan.quiet")
    if not drugs and not procedures:
        writer.say("plan.quiet")


def quiet(writer: Writer, _: Problem) -> None:
    """A sentence of a plan that holds nothing to annotate."""
    writer.say("plan.quiet")


def diagnoses(writer: Writer) -> None:
    """A list of diagnoses and nothing else."""
    for number, problem in enumerate((*writer.patient.problems, *writer.patient.resolved[:1]), 1):
        writer.line()
        writer.write(f"{number}. " if writer.bullet == "" else writer.bullet)
        writer.builder.begin("bare.diagnosis")
        writer.mention(problem.disease, capital=True)
        writer.builder.end()
    writer.line()


def order(writer: Writer, problem: Problem) -> None:
    """Tests that are ordered: no relation."""
    tests: list[Concept] = [*problem.labs, *problem.studies]
    if writer.chance(0.5) or not tests:
        extra = writer.draw("Lab_Test")
        tests += [extra] if extra is not None else []
    doubt = writer.patient.doubts[:1]
    if tests and doubt and writer.chance(0.25):
        writer.say("unsure", D=list(doubt), D2=list(writer.patient.doubts[1:2]), T=tests[0])
    elif tests:
        writer.say("plan.lab", X=pick(writer.rng, tests, 3))


def prevention(writer: Writer) -> None:
    """What is given to prevent something."""
    for head, tail in writer.patient.preventions[: writer.rng.choice((0, 1, 1, 2))]:
        writer.line()
        writer.write(writer.bullet)
        writer.fresh()
        prevent(writer, head, tail)
    writer.line()


def prevent(writer: Writer, head: Concept, tail: Concept) -> None:
    """A `prevents` statement, rarely one that it failed."""
    if writer.chance(0.08):
        writer.say("prevents.neg", H=head, T=tail)
    elif "vaccin" in head.name.lower():
        writer.say("prevents.vax", H=head, T=tail)
    else:
        writer.say("prevents.rx" if head.label == "Drug" else "prevents.px", H=head, T=tail)


def impression(writer: Writer) -> None:
    """The diagnoses, as a list or a sentence, with a reason here and there."""
    rng = writer.rng
    listed = rng.random() < 0.5
    for number, problem in enumerate(writer.patient.problems[:4], 1):
        share = rng.random()
        if listed:
            writer.line()
            writer.write(f"{number}. ")
            writer.fresh()
        if share < 0.45:
            if not listed:
                writer.gap()
            writer.builder.begin("bare.diagnosis")
            writer.mention(problem.disease, capital=True)
            writer.builder.end()
            writer.write("." if not listed or writer.chance(0.6) else "")
            writer.follow()
        elif share < 0.62 and problem.symptoms:
            writer.say("causes.dz.S", H=problem.disease, T=list(problem.symptoms))
        elif share < 0.72 and problem.complications:
            writer.say("causes.dz.D", H=problem.disease, T=problem.complications[0])
        elif share < 0.85:
            evidence(writer, problem)
        elif writer.patient.doubts:
            writer.say("unsure", D=list(writer.patient.doubts), D2=list(writer.patient.doubts[1:2]))
    writer.line()


def plan_statements(writer: Writer) -> None:
    """A plan that names what each treatment is for."""
    rng, patient = writer.rng, writer.patient
    numbered = rng.random() < 0.3
    count = 0
    for problem in patient.problems[:4]:
        steps: list[Callable[[Writer, Problem], None]] = [tell_treatment]
        steps += [order] if writer.chance(0.4) else []
        steps += [quiet] if writer.chance(0.5) else []
        for step in steps:
            if numbered or writer.chance(0.4):
                writer.line()
            writer.write(f"{count + 1}. " if numbered else "")
            if numbered:
                writer.fresh()
            before = len(writer.builder.statements)
            step(writer, problem)
            count += len(writer.builder.statements) > before
    for cause, effect in patient.reactions[:1]:
        if writer.chance(0.35):
            writer.say("causes.rx.risk" if cause.label == "Drug" else "causes.px.risk", H=cause, T=effect)
    prevention(writer)
    for _ in range(rng.choice((0, 1, 2))):
        writer.say("plan.quiet")
    writer.line()


def course(writer: Writer) -> None:
    """What happened in hospital, problem by problem."""
    rng, patient = writer.rng, writer.patient
    writer.say("course")
    for problem in patient.problems[:4]:
        steps: list[Callable[[Writer, Problem], None]] = [tell_treatment, tell_study]
        steps += [tell_complication] if problem.complications else []
        steps += [tell_explanation] if problem.symptoms else []
        for step in rng.sample(steps, rng.randint(1, min(3, len(steps)))):
            step(writer, problem)
        if writer.chance(0.5):
            writer.say("course")
        if writer.chance(0.3):
            writer.line()
    for cause, effect in patient.reactions[:1]:
        if writer.chance(0.5):
            writer.say("causes.rx" if cause.label == "Drug" else "causes.px", H=cause, T=effect)
    for doubt in patient.doubts[:1]:
        if writer.chance(0.5):
            evidence(writer, patient.problems[0], against=doubt)
    prevention(writer)


def instructions(writer: Writer) -> None:
    """When to come back, and what for."""
    writer.say("instructions")
    problem = writer.patient.problems[0]
    if writer.chance(0.6):
        writer.say("return", S=denials(writer, problem, writer.rng.randint(1, 3)))
    writer.line()
