"""The values that the view and the relation graph show, and the contrast of their colours."""

from itertools import pairwise

import pytest
from markup import document

from annotation.components.annotation_view import VIEW_SCRIPTS, label_guide, script, stylesheet, view_value
from annotation.components.palette import HUES, PAPER, TEXT, contrast
from annotation.components.relation_graph import graph_value
from annotation.components.theme import theme
from odin.labels import load_label_set
from odin.schema import Document


def test_contrast_of_black_on_white_is_21_and_of_a_colour_with_itself_is_1():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#9f1239", "#9f1239") == 1


def test_contrast_agrees_with_a_published_example():
    """#767676 is the lightest grey that passes on white: 4.54 (WCAG 2.2 understanding 1.4.3)."""
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("hue", HUES, ids=lambda hue: hue.name)
def test_every_label_colour_is_readable_on_light_and_on_dark(hue):
    for mode, fill, ink in (("light", hue.light_fill, hue.light_ink), ("dark", hue.dark_fill, hue.dark_ink)):
        assert contrast(TEXT[mode], fill) >= 7, "the words of a mention"
        assert contrast(ink, fill) >= 4.5, "a label's name on its fill"
        assert contrast(ink, PAPER[mode]) >= 4.5, "a label's name on paper, and paper on its ink"


def test_neighbouring_hues_differ():
    assert all(first.light_ink != second.light_ink for first, second in pairwise(HUES))


def test_the_value_holds_the_native_form_and_what_is_selected():
    shown = document("[Aspirin](Drug) treats [headache](Disease).", ("treats", "Aspirin", "headache"))
    value = view_value(shown, load_label_set("clinical"), selected=["R1"])
    assert Document.from_json(value["document"]) == shown
    assert value["selected"] == ["R1"]


def test_the_guide_offers_exactly_the_pairs_that_the_label_set_allows():
    labels = load_label_set("clinical")
    guide = label_guide(labels)
    for head in labels.entity_labels:
        for tail in labels.entity_labels:
            assert guide["allowed"][head][tail] == list(labels.allowed(head, tail))
    assert guide["allowed"]["Drug"]["Lab_Test"] == []


def test_the_sentence_of_a_relation_has_a_place_for_each_end():
    for name in ("clinical", "ade", "chemprot"):
        for relation in label_guide(load_label_set(name))["relations"]:
            assert relation["sentence"].count("{head}") == relation["sentence"].count("{tail}") == 1


def test_the_graph_joins_mentions_of_one_name_and_leaves_out_those_without_relations():
    shown = document(
        "[Aspirin](Drug) treats [headache](Disease). No [fever](Symptom). [ASPIRIN](Drug) causes [ulcers](Disease).",
        ("treats", "Aspirin", "headache"),
        ("causes", "ASPIRIN", "ulcers"),
    )
    graph = graph_value(shown, load_label_set("clinical"))
    assert [(node["text"], node["ids"]) for node in graph["nodes"]] == [
        ("Aspirin", ["T1", "T4"]),
        ("headache", ["T2"]),
        ("ulcers", ["T5"]),
    ]
    assert [(edge["head"], edge["label"], edge["tail"]) for edge in graph["edges"]] == [
        ("Drug:aspirin", "treats", "Disease:headache"),
        ("Drug:aspirin", "causes", "Disease:ulcers"),
    ]


def test_the_graph_tells_a_stated_relation_from_a_denied_one():
    shown = document("[A](Drug) [b](Disease)", ("treats", "A", "b"))
    denied = Document.from_json(
        {
            **shown.to_json(),
            "relations": [
                {"id": "R1", "label": "treats", "head": "T1", "tail": "T2"},
                {"id": "R2", "label": "treats", "head": "T1", "tail": "T2", "attributes": {"negated": True}},
            ],
        }
    )
    edges = graph_value(denied, load_label_set("clinical"))["edges"]
    assert [(edge["denied"], edge["ids"]) for edge in edges] == [(False, ["R1"]), (True, ["R2"])]


def test_no_stylesheet_or_script_has_what_the_template_engine_would_read():
    for css in (stylesheet("view.css"), stylesheet("graph.css")):
        assert not any(mark in css for mark in ("`", "\\", "{{", "}}", "${"))
    assert "innerHTML" not in script(VIEW_SCRIPTS)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_hints_and_buttons_of_the_theme_stand_out(mode):
    ending = "_dark" if mode == "dark" else ""
    assert contrast(themed(f"body_text_color_subdued{ending}"), PAPER[mode]) >= 4.5
    for button in ("primary", "primary_hover", "cancel", "cancel_hover"):
        kind, _, hover = button.partition("_")
        fill = themed("_".join(filter(None, [f"button_{kind}_background_fill", hover])) + ending)
        assert contrast(fill, "#ffffff") >= 4.5, button


def themed(name: str) -> str:
    """The colour of that name in the theme of the app."""
    value = getattr(theme(), name)
    return themed(value[1:]) if value.startswith("*") else value
