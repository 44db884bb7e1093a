"""A small app with the view and the graph, to be driven by a browser. Prints its address when it is up."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import gradio as gr

from annotation.components.annotation_view import annotation_view, selection_update, view_value
from annotation.components.relation_graph import graph_value, relation_graph
from odin.labels import load_label_set
from odin.schema import Document, Entity, Relation

LABELS = load_label_set("clinical")
HOSTILE = (
    '<script>window.pwned=1</script> <img src=x onerror="window.pwned=2"> ${window.pwned=3} {{value}} `t` \\ &amp;'
)
TEXT = (
    "Severe allergic reaction to penicillin V potassium 😀 today; café visit.\nPain in left arm and leg.\n"
    f"{HOSTILE}\nAspirin, K given for headache.\n"
)


def entity(id, label, words, **more):
    start = TEXT.index(words)
    return Entity(id, label, start, start + len(words), **more)


PAIN, LEG = TEXT.index("Pain"), TEXT.index("leg.")
NOTE = Document(
    "note",
    TEXT,
    (
        entity("T1", "Disease", "Severe allergic reaction to penicillin"),
        entity("T2", "Drug", "penicillin V potassium"),
        entity("T3", "Disease", "allergic reaction", assertion="negated"),
        Entity("T4", "Symptom", PAIN, LEG + 3, fragments=((PAIN, PAIN + 4), (LEG, LEG + 3))),
        entity("T5", "Drug", "Aspirin"),
        entity("T6", "Drug", "K given"),
        entity("T7", "Symptom", "headache", assertion="uncertain"),
        entity("T8", "Procedure", "<img src=x"),
    ),
    (
        Relation("R1", "treats", "T5", "T7", score=0.914),
        Relation("R2", "treats", "T6", "T7", attributes={"negated": True}),
        Relation("R3", "causes", "T2", "T4"),
    ),
)
OTHER = Document("other", "Second: metformin.", (Entity("T1", "Drug", 8, 17),))


def long_note(lines):
    row = "BP 120/80, given aspirin for headache, no fever; continues metformin.\n"
    text, entities, relations = row * lines, [], []
    for n in range(0, lines, 5):
        drug, pain = n * len(row) + row.index("aspirin"), n * len(row) + row.index("headache")
        entities += [Entity(f"D{n}", "Drug", drug, drug + 7), Entity(f"S{n}", "Symptom", pain, pain + 8)]
        relations.append(Relation(f"R{n}", "treats", f"D{n}", f"S{n}"))
    return Document("long", text, tuple(entities), tuple(relations))


def make_app():
    with gr.Blocks() as demo, gr.Tabs():
        with gr.Tab("First"):
            gr.Markdown("first")
        with gr.Tab("Text"):
            view = annotation_view(view_value(NOTE, LABELS), elem_id="view")
            graph = relation_graph(graph_value(NOTE, LABELS), elem_id="graph")
            told, drawn = gr.Textbox(elem_id="told"), gr.Textbox(elem_id="drawn")
            gr.Button("pick", elem_id="pick").click(lambda: selection_update(["T5"]), None, view)
            gr.Button("other", elem_id="other").click(lambda: view_value(OTHER, LABELS), None, view)
            gr.Button("long", elem_id="long").click(lambda: view_value(long_note(600), LABELS), None, view)

        def say(event: gr.EventData):
            return " ".join(event.ids)

        view.select(say, None, told)
        graph.select(say, None, drawn)
    return demo


if __name__ == "__main__":
    _, url, _ = make_app().launch(prevent_thread_lock=True, quiet=True)
    print(url, flush=True)
    sys.stdin.read()
