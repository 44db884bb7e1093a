"""Medicine in synthetic notes: what a patient has, takes and measures fits sex, age, allergies and diseases."""

import re
from collections import Counter
from random import Random

import pytest
from notes_graph import notes_graph

from odin.knowledge.tables import load_graph
from odin.synthesis import labs
from odin.synthesis.generator import GenerationOptions, MedicalTextGenerator
from odin.synthesis.grammar import load_templates
from odin.synthesis.labs import draw_labs, egfr, is_low
from odin.synthesis.patient import draw_patient, drug_class
from odin.synthesis.vocabulary import Vocabulary, load_vocabulary
from odin.synthesis.writer import Writer

VOCABULARY = Vocabulary(notes_graph())


def test_what_is_done_and_found_fits_the_sex_and_the_age():
    graph = load_graph()
    (uterus,) = (item for item in graph.concepts("Procedure") if item.name == "hysterectomy")
    (shingles,) = (item for item in graph.concepts("Drug") if item.name == "zoster vaccine")
    assert not uterus.suits("male", 50)
    assert not shingles.suits("male", 15)
    own = MedicalTextGenerator(options=GenerationOptions(seed=3, balance=True))
    for document in own.documents(150):
        words = r"Pelvic:|vaginal bleeding" if document.meta["sex"] == "male" else r"Prostate "
        assert not re.search(words, document.text), document.id
        for entity in document.entities:
            if entity.label in ("Drug", "Procedure", "Lab_Test") and entity.concept in graph.concept:
                fits = graph.concept[entity.concept].suits(document.meta["sex"], document.meta["age"])
                assert fits, (document.id, entity.text_in(document.text))


def test_no_drug_is_offered_that_the_patient_is_allergic_to():
    drawn = (draw_patient(VOCABULARY, Random(seed)) for seed in range(200))
    patient = next(patient for patient in drawn if patient.allergies)
    writer = Writer(VOCABULARY, load_templates(), patient, Random(1), "p", Counter())
    drug = patient.allergies[0][0]
    assert writer.fitting([drug]) == []
    assert drug not in [writer.draw("Drug") for _ in range(200)]


def test_what_is_said_of_a_life_fits_its_length():
    own = MedicalTextGenerator(options=GenerationOptions(seed=5, note_types=("office visit", "social history")))
    ages = set()
    for document in own.documents(300):
        age, text = document.meta["age"], document.text
        ages.add(age)
        years = [int(year) for year in re.findall(r"\b(?:in|since) ((?:19|20)\d\d)\b", text)]
        assert all(year >= 2024 - age for year in years), document.id
        assert all(int(count) <= age for count in re.findall(r"(\d+) years ago", text)), document.id
        assert 8 <= age < 18 or not re.search(r"(third|eighth) grade", text), document.id
        assert age >= 45 or not re.search(r"[Rr]etired|grandchild", text), document.id
        if age < 13:
            assert all(int(weight) < 160 for weight in re.findall(r"weight (\d+) pounds", text)), document.id
            assert "GFR" not in text, document.id
    assert min(ages) < 13


@pytest.mark.parametrize(
    ("name", "never"),
    [
        ("vitamin D", r"50,000 units daily"),
        ("enoxaparin", r"^1/kg|(1 ?mg/kg|80 ?mg|80) (SQ )?daily"),
        ("fluticasone", r"spray (twice|BID)|puffs each nostril"),
        ("methylprednisolone", r"125 ?(mg)? dose pack|^4 ?(mg)? IV"),
        ("morphine", r"15 ?(mg)? IV|[24] ?(mg)? q12h"),
    ],
)
def test_a_dose_goes_with_its_schedule(name, never):
    vocabulary = Vocabulary(load_graph())
    (drug,) = (item for item in vocabulary.graph.concepts("Drug") if item.name == name)
    doses = {vocabulary.term(drug, Random(seed), "ps"[seed % 2]).dose for seed in range(200)}
    assert len(doses) > 3
    assert not [dose for dose in doses if re.search(never, dose)]


def test_derived_laboratory_values_follow_from_the_others():
    for seed in range(50):
        labs = {name: float(value) for name, value in draw_labs(Random(seed), "male", 60, "diabetes anemia").items()}
        assert labs["anion gap"] == labs["sodium"] - labs["chloride"] - labs["bicarbonate"]
        assert labs["hematocrit"] == pytest.approx(3 * labs["hemoglobin"], abs=0.11)
        assert labs["ldl"] == labs["total cholesterol"] - labs["hdl"] - round(labs["triglycerides"] / 5)
        assert labs["egfr"] == egfr(labs["creatinine"], 60, "male")
    assert egfr(1.0, 50, "male") == 92


@pytest.mark.parametrize(
    ("test", "disease", "low"),
    [
        ("hemoglobin", "anemia", True),
        ("TSH", "hypothyroidism", False),
        ("TSH", "hyperthyroidism", True),
        ("A1c", "diabetes", False),
        ("eGFR", "chronic kidney disease", True),
        ("urine albumin-to-creatinine ratio", "chronic kidney disease", False),
        ("thyroid peroxidase antibody", "hypothyroidism", False),
        ("MCV", "megaloblastic anemia", False),
        ("lactate", "hypovolemic shock", False),
        ("ferritin", "anemia of chronic disease", False),
        ("hemoglobin", "gastrointestinal hemorrhage", True),
        ("platelet count", "immune thrombocytopenic purpura", True),
        ("platelet count", "HELLP syndrome", True),
        ("sodium", "syndrome of inappropriate antidiuretic hormone secretion", True),
        ("bicarbonate", "diabetic ketoacidosis", True),
        ("cortisol", "adrenal insufficiency", True),
        ("cortisol", "Cushing's syndrome", False),
        ("CD4 count", "AIDS", True),
        ("potassium", "hyperaldosteronism", True),
        ("factor VIII activity", "hemophilia", True),
        ("25-hydroxyvitamin D", "osteomalacia", True),
        ("urine osmolality", "diabetes insipidus", True),
    ],
)
def test_a_test_moves_the_way_the_disease_moves_it(test, disease, low):
    assert is_low(test, disease) is low


def test_a_value_that_speaks_for_prediabetes_is_not_one_of_diabetes():
    graph = load_graph()
    (a1c,) = (item for item in graph.concepts("Lab_Test") if item.name == "hemoglobin A1c")
    for seed in range(50):
        found = labs.test_values(graph, a1c.id, a1c.name, "prediabetes", "male", Random(seed))
        assert 5.7 <= float(found["val"].split()[0]) < 6.5


def test_a_patient_has_only_what_sex_and_age_allow():
    for seed in range(200):
        patient = draw_patient(VOCABULARY, Random(seed))
        assert all(problem.disease.suits(patient.sex, patient.age) for problem in patient.problems)
        allergic = {drug.id for drug, _ in patient.allergies}
        assert not allergic & {drug.id for drug in patient.drugs}


def test_a_patient_takes_one_drug_of_a_class_and_prevents_nothing_that_is_there():
    vocabulary = load_vocabulary()
    classes = Counter()
    for seed in range(600):
        patient = draw_patient(vocabulary, Random(seed))
        taken = [found for drug in patient.drugs if (found := drug_class(drug))]
        assert len(taken) == len(set(taken)), seed
        classes.update(taken)
        have = " ".join(problem.disease.name.lower() for problem in patient.problems)
        assert not [tail.name for _, tail in patient.preventions if tail.name.lower() in have], seed
    assert classes["NSAID"] > 20
    assert classes["statin"] > 20
