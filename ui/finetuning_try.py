"""Asking a fine-tuned model, and taking it away."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from bert_tf.task_folder import read_settings
from bert_tf.task_inputs import entity_types
from ui import common, finetuning_html, html, influence_view, models
from ui.finetuning_examples import kind_words, texts_of
from ui.finetuning_runs import TWINS, asked, dev_examples, model_folder, open_finetuned, result, zipped
from ui.text import language, t
from ui.word_reading import is_chinese

#: What each task asks for: keys of its inputs.
INPUTS = {"classification": ("tune_text",), "pairs": ("tune_first", "tune_second"), "tagging": ("tune_names",),
          "questions": ("tune_question", "tune_passage")}
EXAMPLES, MOST_LABELS, ANSWERS, LONGEST_LABEL = 4, 8, 3, 38


def show(path: Path) -> None:
    """Draws the inputs, the answer, and the button that takes the model away."""
    folder = model_folder(path)
    if folder is None:
        st.info(t("tune.no_model"), icon=":material/hourglass_top:")
        return
    with common.friendly("app.cannot_open", stop=True):
        settings = read_settings(folder)
    found = result(path)
    if found and all(twin in found["twins"] for twin in TWINS):
        st.caption(t("tune.who_answers"))
    keys = INPUTS[settings.task]
    with common.friendly("tune.no_examples"):
        offer_examples(path, keys)
    texts = [ask(key) for key in keys]
    if all(texts):
        with common.friendly("app.problem"), st.spinner(t("app.thinking")):
            ANSWERS_OF[settings.task](folder, *texts)
    else:
        st.info(t("tune.type"), icon=":material/edit:")
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(t("tune.download"), lambda: zipped(folder, path.name), file_name=f"{path.name}.zip",
                           mime="application/zip", key="tune_zip", icon=":material/download:", on_click="ignore")
        st.caption(t("tune.download_note"))


def offer_examples(path: Path, keys: tuple[str, ...]) -> None:
    """Draws dev examples to click, in the visitor's language if there are some; the first stands there at first."""
    found = [texts_of(example) for example in dev_examples(path)]
    mine = [texts for texts in found if is_chinese(texts[0]) == (language() == "zh")] or found
    options = mine[:: max(1, len(mine) // EXAMPLES)][:EXAMPLES]

    def choose(texts) -> None:
        st.session_state.update(zip(keys, texts))

    if not any(key in st.session_state or key in st.query_params for key in keys):
        choose(options[0])
    common.examples("tune_example", options, lambda texts: shortened(texts[0]), choose)


def shortened(text: str) -> str:
    """Returns a text that fits a small place."""
    return text if len(text) <= LONGEST_LABEL else text[:LONGEST_LABEL - 1] + "…"


def ask(key: str) -> str:
    """Draws an input and returns what is in it."""
    if key == "tune_passage":
        return common.text(st.text_area, t("tune.passage"), key=key, height=150).strip()
    return common.text(st.text_input, t(f"tune.{key.removeprefix('tune_')}"), key=key,
                         live=True).strip()


def show_labels(folder: Path, *texts: str) -> None:
    """Draws how probable each label is."""
    found = asked(folder, "classify", *texts)
    models.notes_on(open_finetuned(folder)[0], asked(folder, "encode", *texts), *texts)
    st.html(finetuning_html.label_bars([(kind_words(entry.label), entry.probability, html.percent(entry.probability))
                                        for entry in found[:MOST_LABELS]]))
    if st.toggle(t("influence.name"), value=True, key="tune_words", bind="query-params"):
        labels = [entry.label for entry in found[:MOST_LABELS]]
        label = labels[0]
        if len(labels) > 2:
            if "tune_first_label" in st.session_state and st.session_state.get("tune_label") == st.session_state.tune_first_label:
                st.session_state.tune_label = labels[0]  # nobody chose another, so it follows the text
            st.session_state.tune_first_label = labels[0]
            label = common.choice(st.pills, t("tune.words_label"), labels, key="tune_label", default=labels[0],
                                  required=True, format_func=lambda name: common.plain(kind_words(name)))
        influence_view.show("tune_words_table", asked(folder, "influence", *texts, label=label), texts, kind_words(label))


def show_entities(folder: Path, text: str) -> None:
    """Draws the text with its entities on colour."""
    colors = finetuning_html.kind_colors(entity_types(read_settings(folder).labels), common.palette())
    found = asked(folder, "tag", text)
    st.html(finetuning_html.marked(text, [(one.start, one.end, colors.get(one.label, common.palette().faint), one.label)
                                          for one in found]))
    st.html(html.legend([(colors[kind], kind_words(kind)) for kind in colors]))
    if found:
        st.caption(common.plain(" · ".join(f"{one.text}: {one.label} {html.percent(one.score)}" for one in found)))
    else:
        st.caption(t("tune.no_entities"))


def show_answers(folder: Path, question: str, passage: str) -> None:
    """Draws the passage with the best answer marked, and the answers that come next."""
    found = asked(folder, "answer", question, passage, top_k=ANSWERS)
    if not found:
        st.info(t("tune.no_answer"), icon=":material/help:")
        return
    color = html.tint(common.palette().a, 0.25)
    st.html(finetuning_html.marked(passage, [(found[0].start, found[0].end, color, "")]))
    st.html(finetuning_html.label_bars([(shortened(one.text), one.score, html.percent(one.score))
                                        for one in found]))


ANSWERS_OF = {"classification": show_labels, "pairs": show_labels, "tagging": show_entities, "questions": show_answers}
