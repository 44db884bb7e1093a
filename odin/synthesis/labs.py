"""Laboratory values that fit together, and values for a test that speaks for a disease.

eGFR from creatinine by CKD-EPI 2021 (Inker et al., NEJM 2021), LDL by Friedewald (1972), haematocrit as three times
haemoglobin, anion gap as sodium less chloride and bicarbonate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from odin.knowledge.graph import KnowledgeGraph, ReferenceRange

NAMES: Mapping[str, tuple[str, ...]] = {
    "sodium": ("Na", "sodium"),
    "potassium": ("K", "potassium"),
    "chloride": ("Cl", "chloride"),
    "bicarbonate": ("CO2", "bicarb", "HCO3"),
    "bun": ("BUN",),
    "creatinine": ("Cr", "creatinine", "creat"),
    "glucose": ("glucose", "Glu", "blood glucose"),
    "egfr": ("eGFR", "GFR"),
    "anion gap": ("anion gap", "AG"),
    "wbc": ("WBC", "white count"),
    "hemoglobin": ("Hgb", "hemoglobin", "Hb"),
    "hematocrit": ("Hct", "hematocrit"),
    "platelets": ("plt", "platelets", "PLT"),
    "a1c": ("A1c", "hemoglobin A1c", "HbA1c"),
    "total cholesterol": ("total cholesterol", "cholesterol"),
    "hdl": ("HDL",),
    "triglycerides": ("triglycerides", "TG"),
    "ldl": ("LDL",),
    "tsh": ("TSH",),
    "alt": ("ALT",),
    "ast": ("AST",),
}
"""How notes write each analyte of the panels."""

PANELS: Mapping[str, tuple[str, ...]] = {
    "BMP": ("sodium", "potassium", "chloride", "bicarbonate", "bun", "creatinine", "glucose"),
    "CBC": ("wbc", "hemoglobin", "hematocrit", "platelets"),
    "lipid panel": ("total cholesterol", "triglycerides", "hdl", "ldl"),
    "renal": ("creatinine", "egfr", "bun", "potassium"),
    "other": ("a1c", "tsh", "alt", "ast"),
    "gap": ("sodium", "chloride", "bicarbonate", "anion gap"),
}


@dataclass(frozen=True)
class Vitals:
    """Signs measured at the visit. Temperature in degrees Fahrenheit."""

    systolic: int
    diastolic: int
    pulse: int
    respirations: int
    temperature: float
    saturation: int
    weight_pounds: int


def draw_vitals(rng: Random, diseases: str, age: int = 40) -> Vitals:
    """Vitals that agree with the diseases (their names in lower case, joined) and the age in years.

    Of a child: weight and pressure by the formulas of Advanced Paediatric Life Support, rates by its table.
    """
    high = any(word in diseases for word in ("hypertens", "blood pressure"))
    feverish = any(
        word in diseases for word in ("pneumonia", "infection", "sepsis", "influenza", "cellulitis", "pyelo")
    )
    short = any(word in diseases for word in ("copd", "chronic obstructive", "heart failure", "pneumonia", "embol"))
    systolic = rng.randint(132, 172) if high else rng.randint(104, 136)
    faster, breaths, pounds = 0, 0, rng.randint(108, 268)
    if age < 13:
        systolic = 90 + 2 * age + rng.randint(-7, 7) + 28 * high
        faster, breaths = (40, 12) if age < 3 else (25, 8) if age < 6 else (15, 5)
        kilograms = 2 * (age + 4) if age < 6 else 3 * age + 7
        pounds = round(kilograms * 2.205 * rng.uniform(0.85, 1.25))
    return Vitals(
        systolic,
        int(systolic * rng.uniform(0.55, 0.65)),
        faster + (rng.randint(92, 124) if feverish or short else rng.randint(58, 92)),
        breaths + (rng.randint(18, 28) if short else rng.randint(12, 18)),
        round(rng.uniform(100.4, 103.2) if feverish else rng.uniform(97.2, 99.0), 1),
        rng.randint(87, 94) if short else rng.randint(95, 100),
        pounds,
    )


def egfr(creatinine: float, age: int, sex: str) -> int:
    """mL/min/1.73 m2 by CKD-EPI 2021; `egfr(1.0, 50, "male")` is 92."""
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = creatinine / kappa
    return round(142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**age * factor)


def draw_labs(rng: Random, sex: str, age: int, diseases: str) -> dict[str, str]:
    """Values of the panels as text, by analyte; derived ones follow from the others. The eGFR is for adults only."""
    has = lambda *words: any(word in diseases for word in words)  # noqa: E731
    sodium = rng.randint(124, 133) if has("hyponatremia") else rng.randint(136, 144)
    potassium = (
        rng.uniform(2.7, 3.4)
        if has("hypokalemia")
        else rng.uniform(5.3, 6.2)
        if has("hyperkalemia")
        else rng.uniform(3.6, 4.9)
    )
    bicarbonate = rng.randint(12, 19) if has("acidosis") else rng.randint(22, 29)
    gap = rng.randint(16, 24) if has("ketoacidosis") else rng.randint(7, 12)
    creatinine = round(
        (rng.uniform(1.5, 3.8) if has("kidney disease", "kidney injury", "renal failure") else rng.uniform(0.6, 1.2))
        * (0.5 if age < 13 else 1.0),
        1,
    )
    hemoglobin = round(rng.uniform(7.2, 10.8) if has("anemia") else rng.uniform(12.2, 14.4 if age < 13 else 16.2), 1)
    glucose = rng.randint(142, 310) if has("diabetes") else rng.randint(76, 112)
    white = (
        rng.uniform(12.1, 19.8)
        if has("pneumonia", "sepsis", "infection", "cellulitis", "appendicitis")
        else rng.uniform(4.4, 10.4)
    )
    hdl, triglycerides = rng.randint(32, 68), rng.randint(70, 290)
    total = rng.randint(215, 282) if has("lipid", "cholesterol") else rng.randint(140, 198)
    plain = {
        "sodium": sodium,
        "chloride": sodium - bicarbonate - gap,
        "bicarbonate": bicarbonate,
        "anion gap": gap,
        "bun": rng.randint(28, 62) if creatinine > (0.7 if age < 13 else 1.4) else rng.randint(8, 20),
        **({"egfr": egfr(creatinine, age, sex)} if age >= 18 else {}),
        "glucose": glucose,
        "platelets": rng.randint(48, 128) if has("thrombocytopenia", "cirrhosis") else rng.randint(154, 390),
        "total cholesterol": total,
        "hdl": hdl,
        "triglycerides": triglycerides,
        "ldl": total - hdl - round(triglycerides / 5),
        "alt": rng.randint(78, 420) if has("hepatitis", "liver") else rng.randint(10, 40),
        "ast": rng.randint(70, 380) if has("hepatitis", "liver") else rng.randint(12, 38),
    }
    decimal = {
        "potassium": potassium,
        "creatinine": creatinine,
        "hemoglobin": hemoglobin,
        "hematocrit": round(hemoglobin * 3, 1),
        "wbc": white,
        "a1c": rng.uniform(7.1, 11.4) if has("diabetes") else rng.uniform(4.9, 5.6),
        "tsh": rng.uniform(6.2, 14.0) if has("hypothyroid") else rng.uniform(0.8, 3.9),
    }
    return {name: str(value) for name, value in plain.items()} | {
        name: f"{value:.1f}" for name, value in decimal.items()
    }


_LOWERED: Mapping[str, tuple[str, ...]] = {
    "25-hydroxyvitamin d": ("vitamin d", "osteomalacia", "rickets"),
    "absolute neutrophil count": ("neutropenia", "pancytopenia"),
    "albumin": ("cirrhosis", "malnutrition", "nephrotic"),
    "bicarbonate": ("acidosis",),
    "c-peptide": ("type 1",),
    "calcium": ("hypocalcemia",),
    "cd4 count": ("aids", "hiv", "pneumocystis"),
    "complement c3": ("lupus", "glomerulonephritis"),
    "complement c4": ("angioedema", "lupus"),
    "complete blood count": ("anemia", "neutropenia", "pancytopenia", "thrombocytopenia"),
    "cortisol": ("adrenal insufficiency", "hypopituitarism"),
    "egfr": ("kidney", "renal", "nephropathy"),
    "factor viii activity": ("hemophilia",),
    "fecal elastase": ("pancreatitis", "pancreatic insufficiency"),
    "ferritin": ("iron deficiency", "restless legs"),
    "fibrinogen": ("coagulation",),
    "folate": ("folate", "megaloblastic"),
    "free t4": ("hypothyroidism", "hypopituitarism", "myxedema"),
    "glucose": ("hypoglycemia",),
    "haptoglobin": ("hemolytic",),
    "hematocrit": ("anemia", "hemorrhage"),
    "hemoglobin": ("anemia", "hemorrhage", "hypovolemic"),
    "ionized calcium": ("hypocalcemia",),
    "iron studies": ("iron deficiency",),
    "magnesium": ("hypomagnesemia",),
    "phosphorus": ("hypophosphatemia",),
    "platelet count": ("thrombocytopeni", "hellp", "coagulation", "eclampsia", "cirrhosis", "pancytopenia"),
    "potassium": ("hypokalemia", "hyperaldosteronism"),
    "prealbumin": ("malnutrition",),
    "serum osmolality": ("hyponatremia", "antidiuretic"),
    "sodium": ("hyponatremia", "antidiuretic"),
    "testosterone": ("hypogonadism", "erectile"),
    "tsh": ("hyperthyroidism", "graves", "thyrotoxic", "goiter", "thyroid nodule"),
    "urine osmolality": ("diabetes insipidus",),
    "vitamin b12": ("b12", "megaloblastic", "dementia", "neuropathy"),
    "von willebrand factor antigen": ("von willebrand",),
}
"""The diseases, by a word of their names, that lower a test; any other disease raises it."""
_BORDERLINE = ("prediabetes",)
"""Diseases that are known by values just out of the range."""


def is_low(test: str, disease: str) -> bool:
    """True where the disease lowers the test, by their names; `is_low("TSH", "Graves' disease")` is true."""
    return any(word in disease.lower() for word in _LOWERED.get(test.lower(), ()))


def test_values(graph: KnowledgeGraph, concept: str, test: str, disease: str, sex: str, rng: Random) -> dict[str, str]:
    """What a note may say of a test that speaks for a disease: `val` abnormal, `norm` normal, `abn` in words."""
    ranges = graph.reference_ranges(concept, sex)
    low = is_low(test, disease)
    if not ranges or (ranges[0].low is None and ranges[0].high is None):
        word = (
            rng.choice(("positive", "abnormal", "positive"))
            if any(
                part in test.lower()
                for part in ("cultur", "antibod", "antigen", "screen", "test", "ana", "factor", "pcr", "strep")
            )
            else rng.choice(("abnormal", "elevated", "high") if not low else ("low", "decreased"))
        )
        return {"val": word, "norm": rng.choice(("negative", "normal")), "abn": word, "Abn": word.capitalize()}
    word = rng.choice(("low", "decreased", "reduced") if low else ("elevated", "high", "raised", "increased"))
    return {
        "val": _abnormal(ranges[0], low, rng, most=1.12 if disease.lower() in _BORDERLINE else 2.5),
        "norm": _normal(ranges[0], rng),
        "abn": word,
        "Abn": word.capitalize(),
    }


def result_of(graph: KnowledgeGraph, concept: str, sex: str, value: str) -> str:
    """`low`, `normal` or `high`: how a value lies to the range of a test; `normal` where there is none."""
    for item in graph.reference_ranges(concept, sex)[:1]:
        if item.low is not None and float(value) < item.low:
            return "low"
        if item.high is not None and float(value) > item.high:
            return "high"
    return "normal"


def _abnormal(item: ReferenceRange, low: bool, rng: Random, *, most: float = 2.5) -> str:
    """A value out of the range, at most `most` times its upper end."""
    if low and item.low:
        value = rng.uniform(max(item.low * 0.5, item.panic_low or 0), item.low * 0.93)
    elif item.high:
        value = rng.uniform(
            item.high * min(1.08, (1 + most) / 2), min(item.high * most, item.panic_high or item.high * most)
        )
    else:
        value = (item.low or 1) * rng.uniform(0.5, 0.9)
    return _written(value, item, rng)


def _normal(item: ReferenceRange, rng: Random) -> str:
    low = item.low if item.low is not None else (item.high or 1) * 0.3
    high = item.high if item.high is not None else low * 1.6
    return _written(rng.uniform(low + (high - low) * 0.1, high - (high - low) * 0.1), item, rng)


def _written(value: float, item: ReferenceRange, rng: Random) -> str:
    number = f"{value:.{item.decimals}f}"
    return f"{number} {item.unit}" if item.unit and rng.random() < 0.35 else number
