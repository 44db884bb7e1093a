"""Note types: which sections, in which order, in which register, with which headings, and how often each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from odin.errors import InputError
from odin.synthesis import assessment, findings, history, reports
from odin.synthesis.noise import NoiseRates
from odin.synthesis.writer import Writer

Section = Callable[[Writer], None]


@dataclass(frozen=True)
class Part:
    """A section of a note: its headings (one is chosen for a note), who writes it, how often it is there."""

    headings: tuple[str, ...]
    write: Section
    share: float = 1.0


_USUAL = NoiseRates()


@dataclass(frozen=True)
class NoteType:
    """A kind of note. `shorthand` is the share of notes in shorthand; `shuffled` the share with sections reordered."""

    name: str
    parts: tuple[Part, ...]
    weight: float = 1.0
    shorthand: float = 0.3
    shuffled: float = 0.05
    noise: NoiseRates = _USUAL


_CC = Part(("CHIEF COMPLAINT", "Chief Complaint:", "CC:", "CC"), history.complaint)
_HPI = Part(
    ("HISTORY OF PRESENT ILLNESS", "HPI:", "HPI", "History of Present Illness:", "HPC:", "SUBJECTIVE"),
    history.present_illness,
)
_PMH = Part(
    ("MEDICAL HISTORY", "PAST MEDICAL HISTORY", "PMH:", "Past Medical History:", "PAST HISTORY\n\nMedical"),
    history.past_history,
    0.7,
)
_PSH = Part(("SURGICAL HISTORY", "PAST SURGICAL HISTORY", "PSH:", "Surgical"), history.surgical_history, 0.35)
_MEDS = Part(("MEDICATIONS", "CURRENT MEDICATIONS", "Medications:", "Meds:", "DH:"), history.medications, 0.6)
_ALLERGIES = Part(("ALLERGIES", "Allergies:", "ALLERGIES:"), history.allergies, 0.45)
_FAMILY = Part(("FAMILY HISTORY", "Family History:", "FH:", "FHx:"), history.family_history, 0.35)
_SOCIAL = Part(("SOCIAL HISTORY", "Social History:", "SH:"), history.social_history, 0.55)
_ROS = Part(("REVIEW OF SYSTEMS", "ROS:", "Review of Systems:", "REVIEW OF SYMPTOMS"), findings.review_of_systems, 0.7)
_VITALS = Part(("VITALS", "Vital Signs:", "VITALS REVIEWED", "VS:"), findings.vitals, 0.6)
_EXAM = Part(
    ("PHYSICAL EXAM", "PHYSICAL EXAMINATION", "EXAM", "PE:", "Exam:", "O/E:", "OBJECTIVE"), findings.examination
)
_RESULTS = Part(("RESULTS", "Results:", "LABS", "Data:", "DIAGNOSTIC STUDIES"), findings.results, 0.8)
_IMPRESSION = Part(("ASSESSMENT", "IMPRESSION", "Impression:", "Imp:", "Assessment:"), assessment.impression)
_PLAN = Part(("PLAN", "Plan:", "PLAN:"), assessment.plan_statements)
_ASSESSMENT_PLAN = Part(
    ("ASSESSMENT AND PLAN", "A/P:", "Assessment/Plan:", "ASSESSMENT AND PLAN:", "Plan"), assessment.plan_by_problem
)
_INSTRUCTIONS = Part(("INSTRUCTIONS", "Follow-up:", "DISPOSITION", "Instructions:"), assessment.instructions, 0.5)
_COURSE = Part(("HOSPITAL COURSE", "Hospital Course:", "BRIEF HOSPITAL COURSE"), assessment.course)
_HASTY = NoiseRates(misspelling=0.025, lower=0.12, upper=0.04, dropped_stop=0.1)


_TOLD = (_CC, _HPI, _PMH, _PSH, _MEDS, _ALLERGIES)
_FOUND = (_ROS, _VITALS, _EXAM, _RESULTS)


def _bare(part: Part) -> tuple[Part, ...]:
    """The section alone, without a heading."""
    return (Part(("",), part.write),)


NOTE_TYPES: Mapping[str, NoteType] = MappingProxyType(
    {
        item.name: item
        for item in (
            NoteType("office visit", (*_TOLD, _FAMILY, _SOCIAL, *_FOUND, _ASSESSMENT_PLAN, _INSTRUCTIONS), 14, 0.05),
            NoteType("specialist visit", (_CC, _HPI, _SOCIAL, *_FOUND, _IMPRESSION, _PLAN, _INSTRUCTIONS), 6, 0.05),
            NoteType("history and physical", (*_TOLD, _SOCIAL, _FAMILY, *_FOUND, _ASSESSMENT_PLAN), 4, 0.3),
            NoteType(
                "progress note",
                (
                    Part(("SUBJECTIVE", "S:", "S/", "Interval:"), history.present_illness),
                    Part(("OBJECTIVE", "O:", "O/"), findings.vitals),
                    _EXAM,
                    _RESULTS,
                    Part(("A/P:", "ASSESSMENT AND PLAN", "A/P"), assessment.plan_by_problem),
                ),
                7,
                0.65,
            ),
            NoteType(
                "discharge summary",
                (
                    Part(("DIAGNOSES", "Discharge Diagnoses:"), assessment.diagnoses),
                    _HPI,
                    _COURSE,
                    _RESULTS,
                    Part(("DISCHARGE MEDICATIONS", "Discharge Meds:"), history.medications, 0.8),
                    _INSTRUCTIONS,
                ),
                6,
                0.25,
            ),
            NoteType(
                "emergency note",
                (
                    _CC,
                    _HPI,
                    _PMH,
                    _ALLERGIES,
                    _VITALS,
                    _EXAM,
                    _RESULTS,
                    Part(("ED COURSE", "MDM:", "ED Course:"), assessment.course),
                    _IMPRESSION,
                    _INSTRUCTIONS,
                ),
                6,
                0.4,
            ),
            NoteType(
                "triage note",
                (
                    Part(("", "TRIAGE:", "CC:"), history.present_illness),
                    Part(("PMH:", "Hx:"), history.past_history, 0.6),
                    Part(("All:", "Allergies:"), history.allergies, 0.5),
                    Part(("VS:", ""), findings.vitals),
                ),
                4,
                1.0,
                noise=_HASTY,
            ),
            NoteType(
                "consult",
                (
                    Part(("REASON FOR CONSULT", "REASON FOR CONSULTATION:", "Reason for referral:"), history.complaint),
                    _HPI,
                    _PMH,
                    _MEDS,
                    _EXAM,
                    _RESULTS,
                    _IMPRESSION,
                    Part(("RECOMMENDATIONS", "Recs:", "RECS"), assessment.plan_statements),
                ),
                5,
                0.35,
            ),
            NoteType(
                "general practice",
                (
                    Part(("", "HPC:", "Hx:"), history.present_illness),
                    Part(("PMH:", "Pmhx:"), history.past_history),
                    Part(("DH:",), history.medications),
                    Part(("Allergies:", ""), history.allergies),
                    Part(("FH:", "FHx:"), history.family_history, 0.6),
                    Part(("SH:",), history.social_history),
                    Part(("O/E:", "Ex:"), findings.examination, 0.5),
                    Part(("Imp:", "Impression:"), assessment.impression),
                    Part(("Plan:", "Plan"), assessment.plan_statements),
                ),
                6,
                0.95,
                noise=_HASTY,
            ),
            NoteType(
                "radiology report",
                (
                    Part(("EXAM:", "EXAMINATION:", "STUDY:"), reports.examination_of),
                    Part(("TECHNIQUE:", "Technique:"), reports.technique, 0.7),
                    Part(("FINDINGS", "FINDINGS:"), reports.radiology_findings),
                    Part(("IMPRESSION", "IMPRESSION:"), reports.radiology_impression),
                ),
                4,
                0.2,
            ),
            NoteType(
                "operative note",
                (
                    Part(("OPERATIVE NOTE", "PROCEDURE NOTE", ""), reports.operation),
                    Part(("Plan:", "POSTOP PLAN"), assessment.plan_statements, 0.5),
                ),
                3,
                0.35,
            ),
            NoteType(
                "pathology report",
                (
                    Part(("SPECIMEN:", "CLINICAL HISTORY:"), reports.examination_of, 0.6),
                    Part(("GROSS AND MICROSCOPIC", "DESCRIPTION"), reports.pathology),
                ),
                2,
                0.1,
            ),
            NoteType(
                "nursing note",
                (Part(("", "SHIFT NOTE", "RN note"), reports.nursing), Part(("VS:", ""), findings.vitals, 0.4)),
                4,
                0.9,
                noise=_HASTY,
            ),
            NoteType(
                "telephone encounter",
                (Part(("", "TELEPHONE ENCOUNTER", "Phone note:"), reports.telephone),),
                3,
                0.5,
                noise=_HASTY,
            ),
            NoteType(
                "medication reconciliation",
                (
                    Part(("MEDICATION RECONCILIATION", "Med rec:", ""), reports.reconciliation),
                    Part(("Allergies:",), history.allergies, 0.6),
                ),
                3,
                0.5,
            ),
            NoteType(
                "referral letter", (Part(("",), reports.letter),), 3, 0.0, noise=NoiseRates(0.002, 0, 0, 0, 0.004)
            ),
            NoteType(
                "preventive visit",
                (
                    _HPI,
                    _PMH,
                    _FAMILY,
                    _SOCIAL,
                    _ROS,
                    _EXAM,
                    Part(("HEALTH MAINTENANCE", "Prevention:"), assessment.prevention),
                    _ASSESSMENT_PLAN,
                ),
                3,
                0.2,
            ),
            NoteType("present illness", _bare(_HPI), 9, 0.2),
            NoteType("past history", _bare(_PMH), 5, 0.3),
            NoteType("surgical history", _bare(_PSH), 1.5, 0.3),
            NoteType("medication list", _bare(_MEDS), 2.5, 0.3),
            NoteType("allergy list", _bare(_ALLERGIES), 1.5, 0.3),
            NoteType("family history", _bare(_FAMILY), 3, 0.2),
            NoteType("social history", _bare(_SOCIAL), 3, 0.1),
            NoteType("systems review", _bare(_ROS), 3, 0.2),
            NoteType("examination", _bare(_EXAM), 3, 0.2),
            NoteType("results", _bare(_RESULTS), 3, 0.4),
            NoteType("assessment", _bare(_IMPRESSION), 4, 0.4),
            NoteType("plan", _bare(_ASSESSMENT_PLAN), 5, 0.4),
            NoteType("hospital course", _bare(_COURSE), 4, 0.3),
        )
    }
)
"""By name. The last dozen are single sections: half of the real reference notes are."""


def note_type(name: str) -> NoteType:
    """The note type of that name. Raises InputError with the names there are."""
    try:
        return NOTE_TYPES[name]
    except KeyError:
        raise InputError(f"unknown note type {name!r}: choose from {', '.join(NOTE_TYPES)}") from None


def write_note(kind: NoteType, writer: Writer) -> None:
    """Write the sections of a note."""
    rng = writer.rng
    parts = [part for part in kind.parts if rng.random() < part.share] or list(kind.parts[:1])
    if rng.random() < kind.shuffled and len(parts) > 3:
        first, last = parts[0], parts[-1]
        middle = parts[1:-1]
        rng.shuffle(middle)
        parts = [first, *middle, last]
    style = rng.randrange(3)
    for number, part in enumerate(parts):
        writer.line(blank=bool(number) and style < 2)
        _head(writer, part.headings[style % len(part.headings)], style)
        part.write(writer)


def _head(writer: Writer, heading: str, style: int) -> None:
    writer.heading(heading)
    if not heading:
        return
    if heading.endswith(":") and style:
        writer.write(" ")
    else:
        writer.line(blank=style == 0)
    writer.fresh()
