"""Lists of models and label sets follow what is at hand."""

import gradio as gr

from annotation.components.choices import changed_choices

SEEN = [["clinical", "ade"], "clinical"]


def test_what_was_chosen_since_a_list_was_asked_for_stays_unless_it_is_gone():
    assert changed_choices("ade", SEEN, ["clinical", "ade"], "clinical") == gr.skip()
    more = changed_choices("ade", SEEN, ["clinical", "ade", "wounds"], "clinical")
    assert more["choices"] == ["clinical", "ade", "wounds"]
    assert "value" not in more  # the page may have chosen "wounds" by the time that this comes
    assert changed_choices("ade", SEEN, ["clinical"], "clinical")["value"] == "clinical"
    assert changed_choices("clinical", SEEN, ["clinical", "ade"], "ade")["value"] == "ade"
