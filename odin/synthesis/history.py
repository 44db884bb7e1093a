"""The sections that tell: complaint, history of present illness, past, medication, allergies, family, social."""

from __future__ import annotations

from odin.knowledge.graph import Concept
from odin.synthesis.patient import Problem
from odin.synthesis.vocabulary import pick
from odin.synthesis.writer import Writer, concepts_of

STOCK_DENIALS = (
    "fever", "chills", "nausea", "vomiting", "chest pain", "shortness of breath", "dizziness", "headache",
    "palpitations", "diarrhea", "abdominal pain", "weight loss", "cough", "numbness", "tingling", "weakness",
    "night sweats", "dysuria", "hematuria", "blurred vision", "syncope", "swelling", "rash", "back pain",
    "sore throat", "constipation", "blood in the stool", "bowel or bladder incontinence", "bruising", "trauma",
)  # fmt: skip


def denials(writer: Writer, problem: Problem, count: int) -> list[Concept]:
    """Symptoms that the patient does not have: of the disease, and those that every note asks for."""
    own = pick(writer.rng, problem.absent, writer.rng.randint(0, 2))
    stock = writer.rng.sample(STOCK_DENIALS, count)
    found = own + [writer.vocabulary.named(name, "Disease" if name == "trauma" else "Symptom") for name in stock]
    return [item for item in found if writer.claims.allow(item.label, item.name, item.id, "negated")][:count]


def complaint(writer: Writer) -> None:
    """The reason for the visit, in a few words."""
    problem = writer.patient.problems[0]
    writer.say("cc", S=list(problem.symptoms), D=problem.disease)
    writer.line()


def opening(writer: Writer, problem: Problem) -> None:
    """Who comes with what."""
    others = concepts_of(writer.patient.problems[1:4]) or [problem.disease]
    if problem.symptoms and writer.chance(0.65):
        writer.say("open.S", S=list(problem.symptoms), D=others)
    else:
        writer.say("open.D", D=[problem.disease, *others[:1]])


def present_illness(writer: Writer) -> None:
    """The story, sentence by sentence; about a third of them hold nothing to annotate."""
    patient, rng = writer.patient, writer.rng
    problem = patient.problems[0]
    opening(writer, problem)
    steps = [
        tell_symptoms,
        tell_treatment,
        tell_quiet,
        tell_quiet,
        tell_quiet,
        tell_failed,
        tell_denials,
        tell_others,
        tell_cause,
    ]
    steps += [tell_treatment, tell_quiet, tell_past, tell_reaction, tell_quiet, tell_study, tell_symptoms]
    for step in rng.sample(steps, rng.randint(4, 10)):
        step(writer, problem)
        if writer.chance(0.3):
            tell_quiet(writer, problem)
    if writer.chance(0.6):
        tell_denials(writer, problem)
    for other in patient.problems[1:4]:
        if writer.chance(0.55):
            tell_other(writer, other)
    writer.line()


def tell_symptoms(writer: Writer, problem: Problem) -> None:
    """What the patient feels."""
    if problem.symptoms:
        symptoms = list(problem.symptoms)
        writer.rng.shuffle(symptoms)
        writer.say("endorse", S=symptoms, S2=symptoms[1:2])


def tell_denials(writer: Writer, problem: Problem) -> None:
    """What the patient does not feel."""
    writer.say("deny", S=denials(writer, problem, writer.rng.randint(1, 6)))


def tell_quiet(writer: Writer, _: Problem) -> None:
    """A sentence without any entity."""
    writer.say("hpi.quiet")


def tell_treatment(writer: Writer, problem: Problem) -> None:
    """What is given for it, or for one of its symptoms."""
    treat(writer, problem)


def treat(writer: Writer, problem: Problem, mood: str = "") -> None:
    """A `treats` statement: a drug or a procedure for the disease or for a symptom that it is known to ease."""
    rng, heads = writer.rng, writer.vocabulary.heads
    eased = [
        (drug, symptom)
        for symptom in problem.symptoms
        for label in ("Drug", "Procedure")
        for drug in writer.fitting(heads.get(("treats", symptom.id, label), ())[:12])
    ]
    if eased and rng.random() < 0.45:
        head, tail = rng.choice(eased)
        kind = "treats.drug" if head.label == "Drug" else "treats.proc"
        writer.say(f"{kind}{mood}" if mood else f"{kind}.S", H=head, T=tail)
    elif problem.drugs and (not problem.procedures or rng.random() < 0.68):
        eases = problem.injury and bool(problem.symptoms) and not problem.symptoms[0].id
        tail = problem.symptoms[0] if eases and rng.random() < 0.5 else problem.disease
        drugs = list(problem.drugs)
        writer.say(f"treats.drug{mood}" if mood else f"treats.drug.{tail.label[0]}", H=drugs, T=tail)
    elif problem.procedures:
        procedure = rng.choice(problem.procedures)
        writer.say(
            f"treats.proc{mood}" if mood else f"treats.proc.{problem.disease.label[0]}", H=procedure, T=problem.disease
        )


def tell_failed(writer: Writer, problem: Problem) -> None:
    """What did not help: the relation is denied."""
    if problem.symptoms and problem.drugs and writer.chance(0.5):
        writer.say("treats.drug.neg", H=writer.rng.choice(problem.drugs), T=problem.symptoms[0])
    else:
        treat(writer, problem, ".neg")


def tell_past(writer: Writer, _: Problem) -> None:
    """A disease that is over."""
    for past in writer.patient.resolved[:1]:
        if writer.chance(0.5):
            writer.say("history.gone", D=past.disease)
        elif past.procedures or past.drugs:
            treat(writer, past, ".past")


def tell_cause(writer: Writer, problem: Problem) -> None:
    """What explains what; sometimes what does not."""
    if problem.complications and writer.chance(0.4):
        writer.say("causes.dz.D", H=problem.disease, T=problem.complications[0])
    elif problem.symptoms and writer.patient.doubts and writer.chance(0.2):
        writer.say("causes.dz.neg", H=writer.patient.doubts[0], T=problem.symptoms[0])
    elif problem.symptoms:
        writer.say("causes.dz.S", H=problem.disease, T=list(problem.symptoms))


def tell_complication(writer: Writer, problem: Problem) -> None:
    """A disease that it led to."""
    writer.say("causes.dz.D", H=problem.disease, T=problem.complications[0])


def tell_explanation(writer: Writer, problem: Problem) -> None:
    """The symptoms that it explains."""
    writer.say("causes.dz.S", H=problem.disease, T=list(problem.symptoms))


def tell_reaction(writer: Writer, _: Problem) -> None:
    """An adverse effect: present, denied, or a risk that is spoken of."""
    for cause, effect in writer.patient.reactions[:1]:
        kind = "causes.rx" if cause.label == "Drug" else "causes.px"
        mood = writer.rng.choice(("", "", "", ".risk", ".neg" if cause.label == "Drug" else ".risk"))
        writer.say(kind + mood, H=cause, T=effect)


def tell_study(writer: Writer, problem: Problem) -> None:
    """An earlier study or test and what it showed."""
    evidence(writer, problem)


def evidence(writer: Writer, problem: Problem, *, against: Concept | None = None) -> None:
    """An `indicates` statement for the problem, or against another disease."""
    rng = writer.rng
    if against is not None:
        heads = writer.vocabulary.heads
        found = [("lab", item) for item in heads.get(("indicates", against.id, "Lab_Test"), ())]
        found += [("proc", item) for item in heads.get(("indicates", against.id, "Procedure"), ())]
        found += [("sx", item) for item in heads.get(("indicates", against.id, "Symptom"), ())]
        found = [(kind, item) for kind, item in found if writer.fitting([item])]
        for kind, head in rng.sample(found, min(3, len(found))):
            if writer.say(f"indicates.{kind}.neg", H=writer.tested(head, against), T=against) is not None:
                return
        return
    heads_of = {"lab": problem.labs, "proc": problem.studies, "sx": problem.signs}
    kinds = [kind for kind, found in heads_of.items() if found]
    for kind in rng.sample(kinds, len(kinds)):
        if kind == "sx":
            said = writer.say("indicates.sx", H=list(problem.signs), T=problem.disease)
        else:
            head = rng.choice(heads_of[kind])
            head_term = writer.tested(head, problem.disease) if kind == "lab" else head
            said = writer.say(f"indicates.{kind}", H=head_term, T=problem.disease)
        if said is not None:
            return


def tell_others(writer: Writer, problem: Problem) -> None:
    """Another disease beside it, or two things that have nothing to do with each other."""
    patient = writer.patient
    drugs = [drug for other in patient.problems[1:] for drug in other.drugs]
    if drugs and problem.symptoms and writer.chance(0.35):
        drug = writer.rng.choice(drugs)
        if not writer.vocabulary.graph.is_true(drug.id, "treats", problem.symptoms[0].id):
            writer.say("cooccur", H=drug, T=problem.symptoms[0])
            return
    if len(patient.problems) > 1:
        writer.say("comorbid", D=concepts_of(patient.problems[1:3]))


def tell_other(writer: Writer, other: Problem) -> None:
    """A sentence on another problem."""
    choice = writer.rng.random()
    if choice < 0.6:
        treat(writer, other)
    elif choice < 0.75:
        writer.say("comorbid", D=other.disease)
    elif choice < 0.9 and other.complications:
        writer.say("causes.dz.D", H=other.disease, T=other.complications[0])
    elif other.symptoms:
        writer.say("causes.dz.S", H=other.disease, T=list(other.symptoms))


def past_history(writer: Writer) -> None:
    """The list of diseases, as a sentence or one a line; some with their treatment."""
    patient, rng = writer.patient, writer.rng
    diseases = concepts_of(patient.problems[1:]) or concepts_of(patient.problems)
    style = rng.random()
    if style < 0.45:
        writer.say("history.D", D=diseases)
        for past in patient.resolved:
            writer.say("history.gone", D=past.disease)
    else:
        for number, problem in enumerate(patient.problems[1:] or patient.problems, 1):
            writer.line()
            writer.write(f"{number}. " if style > 0.75 else writer.bullet)
            if problem.drugs and writer.chance(0.3):
                treat(writer, problem)
            else:
                writer.mention(problem.disease, capital=True)
                writer.write("." if writer.chance(0.5) else "")
        for past in patient.resolved:
            writer.item("history.gone", D=past.disease)
    writer.line()


def surgical_history(writer: Writer) -> None:
    """Operations of the past, with or without what they were for."""
    said = False
    for past in writer.patient.resolved:
        if past.procedures:
            said = True
            if writer.chance(0.5):
                writer.say("treats.proc.past", H=past.procedures[0], T=past.disease)
            else:
                writer.say("history.P", P=list(past.procedures))
    if not said:
        writer.write(writer.rng.choice(("None.", "Noncontributory.", "No prior operations.", "Nil", "Denies.")))
    writer.line()


def medications(writer: Writer) -> None:
    """The medication list; what a drug is for only where it says so."""
    patient = writer.patient
    drugs = [drug for drug in patient.drugs if not writer.vocabulary.given_by_staff(drug)]
    style = writer.rng.random()
    if not drugs:
        writer.write(writer.rng.choice(("None.", "No regular medications.", "Nil regular", "None")))
    elif style < 0.4:
        writer.say("meds", R=drugs)
    elif style < 0.75:
        for number, drug in enumerate(drugs, 1):
            term = writer.term(drug)
            writer.line()
            writer.write(f"{number}. " if style > 0.6 else writer.bullet)
            writer.mention(term, capital=True)
            writer.write(f" {term.dose}" if term.dose else "")
    else:
        for problem in patient.problems:
            for drug in [item for item in problem.drugs if item in drugs][:2]:
                writer.item("treats.drug", H=drug, T=problem.disease) if writer.chance(0.6) else writer.item(
                    "meds", R=drug
                )
    writer.line()


def allergies(writer: Writer) -> None:
    """Allergies with the reaction, or none."""
    if not writer.patient.allergies:
        writer.say("allergy.none")
    for drug, reaction in writer.patient.allergies:
        if writer.chance(0.7):
            writer.say("allergy", H=drug, T=reaction)
        else:
            writer.say("allergy.name", H=drug)
    writer.line()


def family_history(writer: Writer) -> None:
    """Diseases of others."""
    family = list(writer.patient.family)
    count = writer.rng.randint(1, 3)
    for _ in range(count):
        writer.rng.shuffle(family)
        writer.say("family", D=family[: writer.rng.randint(1, 3)], D2=family[1:2])
    writer.line()


def social_history(writer: Writer) -> None:
    """How the patient lives: nothing to annotate."""
    for _ in range(writer.rng.randint(1, 5)):
        writer.say("social")
    writer.line()
