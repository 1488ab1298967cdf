"""Words in context: one word's vector in many sentences, at any layer, beside the one vector of word2vec."""

import numpy as np
import streamlit as st

from bert_tf.analysis import cosine_matrix, random_pair_baseline
from bert_tf.sense_sets import sense_set, sense_sets
from ui import charts, common, html, models, takeaway, word_charts, word_near, word_views
from ui.examples import WORD_SETS, WordSet
from ui.text import language, t
from ui.word_lab import Lab, prepare
from ui.word_reading import known_senses, own_senses, read, short_labels

VIEWS = ["map", "layers", "near", "one_way", "pieces"]
#: With more sentences than this the matrix shows no numbers, and the list gets a frame of its own to scroll in.
MOST_CELLS, MOST_LINES = 10, 16


def set_words(example: WordSet) -> None:
    """Puts a word and its sentences into the inputs."""
    st.session_state.word, st.session_state.sentences = example.word, example.text()


def set_ready() -> None:
    """Puts the hand-labelled set that was chosen into the inputs."""
    if st.session_state.ready_set is not None:
        entry = sense_set(st.session_state.ready_set)
        st.session_state.word = entry.word
        st.session_state.sentences = "\n".join(sentence for sentence, _ in entry.labelled())
        st.session_state.ready_set = None


def ready_name(entry) -> str:
    """Writes a ready set for the picker: its word and what it may mean."""
    return f"{entry.word} ({' / '.join(gloss[language()] for gloss in entry.glosses)})"


def pick_ready() -> None:
    """Draws the picker of hand-labelled words, those of the page's language first."""
    sets = sorted(sense_sets(), key=lambda entry: entry.language != language())
    names = {entry.word: ready_name(entry) for entry in sets}
    st.selectbox(t("words.ready"), list(names), index=None, key="ready_set", on_change=set_ready, format_func=names.get,
                 placeholder=t("words.ready_hint"), label_visibility="collapsed")


def show_figures(lab: Lab, cosines: np.ndarray) -> None:
    """Draws the averages of the cosine matrix (n, n) that say whether senses come apart."""
    from bert_tf.sense_analysis import pair_masks

    colors, line = common.palette(), []
    same, different = pair_masks(lab.senses)
    if same.any() and different.any():
        line += [(f"{cosines[same].mean():.2f}", t("words.same"), colors.a),
                 (f"{cosines[different].mean():.2f}", t("words.different"), colors.b)]
    else:
        above = np.triu(np.ones_like(cosines, dtype=bool), k=1)
        line += [(f"{cosines[above].mean():.2f}", t("words.mean"), colors.a)]
    line += [(f"{lab.baseline:.2f}", t("words.baseline"), colors.soft)]
    vectors = word_views.static_of(lab.word)
    if vectors is not None and lab.word in vectors:
        line += [("1.00", t("words.static_cosine"), colors.ink)]
    st.html(html.numbers(line))


def show_matrix(lab: Lab, cosines: np.ndarray) -> None:
    """Draws the cosines of all pairs, on request less what random words have."""
    above = st.toggle(t("words.above"), key="words_above", bind="query-params", help=t("words.above_help"))
    shown = cosines - lab.baseline if above else cosines
    labels = short_labels(lab.reading.texts, lab.reading.spans)
    figure = charts.cosine_heatmap(shown, labels, lab.reading.texts, cosine=t("words.cosine"), dark=common.dark())
    if len(labels) > MOST_CELLS:
        figure.update_traces(texttemplate="", xgap=1, ygap=1)
    else:
        word_charts.clear_digits(figure)
    if len(labels) > word_charts.NUMBERED:
        figure.update_xaxes(showticklabels=False).update_yaxes(showticklabels=False)
        figure.update_traces(xgap=0, ygap=0).update_layout(height=460)
    common.show_chart(figure, "cosine_chart")
    st.caption(t("words.above_note" if above else "words.matrix_note"))
    takeaway.offer("cosine", figure, lambda: takeaway.matrix_table(shown, lab.reading.texts, lab.reading.texts),
                   name="cosines")


def show_sentences(lab: Lab) -> None:
    """Draws the sentences in the colours of the map, and what the colours mean."""
    with st.container(height=520 if len(lab.reading.texts) > MOST_LINES else "content", border=False):
        st.html(html.marked_list(lab.reading.texts, lab.reading.spans, lab.colors))
    if lab.legend:
        st.html(html.legend(lab.legend))


def show_overview(lab: Lab) -> None:
    """Draws the map beside word2vec's, and the matrix beside the sentences."""
    method, axes = word_views.map_controls(lab)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(t("words.map"), anchor=False)
        word_views.show_map(lab, method, axes)
    with right:
        st.subheader(t("words.static"), anchor=False)
        with common.friendly():
            word_views.show_static(lab.word, len(lab.reading.texts))
    left, right = st.columns([5, 4], gap="large")
    with left:
        st.subheader(t("words.matrix"), anchor=False)
        show_matrix(lab, cosine_matrix(lab.here))
    with right:
        st.subheader(t("words.list"), anchor=False)
        show_sentences(lab)


common.start("words")
common.examples("word_example", WORD_SETS[language()],
                lambda entry: f"{entry.word} ({' / '.join(entry.senses)})", set_words)
pick_ready()
left, right = st.columns([1, 3])
word = common.text(left.text_input, t("words.word"), key="word", live=True).strip()
text = common.text(right.text_area, t("words.sentences"), key="sentences", height=225)
sentences = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
model = models.current_model()
if not word or not sentences:
    common.hint("words.empty")
with common.friendly(stop=True), st.spinner(t("app.thinking")):
    reading = read(model.stamp, word, sentences, model.bert)
if reading.missing:
    st.info(t("words.missing", word=common.plain(word), sentences=common.plain(" · ".join(reading.missing))),
            icon=":material/search_off:")
if len(reading.texts) < 2:
    common.hint("words.few")

colors = len(word_charts.group_colors(common.palette()))
senses, names = own_senses(text, reading.texts, colors) or known_senses(word, reading.texts)
top = model.bert.config.num_hidden_layers
with left:
    layer = common.choice(st.select_slider, t("words.layer"), list(range(top + 1)), key="word_layer",
                          default=top, help=t("words.layer_help"))
lab = prepare(Lab(model, word, reading, layer, senses, names, random_pair_baseline(reading.crowd[:, layer])))
show_figures(lab, cosine_matrix(lab.here))
view = common.choice(st.segmented_control, t("words.view"), VIEWS, key="words_view", default="map", wrap=True,
                     format_func={name: t(f"words.view_{name}") for name in VIEWS}.get, required=True,
                     label_visibility="collapsed")
{"map": show_overview, "layers": word_views.show_layers, "near": word_near.show_near,
 "one_way": word_near.show_one_way, "pieces": word_views.show_pieces}[view](lab)
