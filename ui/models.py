"""Models on the screen: which there are, opening and asking them, and what is told about them."""

from __future__ import annotations

import gc
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bert_tf.results import Encoding
from bert_tf.training import run_states
from bert_tf.training.run_folder import RunFolder
from ui import html
from ui.common import choice, friendly, plain, say_gone
from ui.text import language, listed, t

ROOT = Path(__file__).resolve().parent.parent
#: The entry of the model picker that asks for a path.
OTHER = "*other*"
#: How the entries of the model picker begin that stand for runs.
RUN = "run: "
#: Bytes of a trace from which only a few are remembered.
LARGE_TRACE = 10_000_000
_BUILDING = threading.Lock()


def models_folder() -> Path:
    """Returns where the bundled models are; the environment variable BERT_TF_MODELS names another place."""
    return Path(os.environ.get("BERT_TF_MODELS") or ROOT / "saved_models")


def model_names() -> list[str]:
    """Lists the BERT folders among the bundled models, then the runs that have a checkpoint."""
    return sorted(path.parent.name for path in models_folder().glob("*/config.json")) + [
        RUN + run.name for run in run_states.list_runs() if run_checkpoint(run.path)]


def shown_name(name: str) -> str:
    """Returns what a model is called on the screen."""
    return t("app.run", name=name.removeprefix(RUN)) if name.startswith(RUN) else name


def run_checkpoint(run: Path) -> Path | None:
    """Returns the checkpoint of a run that stands for it: the newest, for a run at work that of the last minute.

    So a model that still learns is opened anew once a minute, and not whenever somebody types a letter.
    """
    checkpoints = RunFolder(run).checkpoints()
    settled = [path for path in checkpoints if 0 < run_states.written(path) < time.time() // 60 * 60]
    return (settled if settled and run_states.state_of(run).active else checkpoints or [None])[-1]


def sidebar() -> None:
    """Draws the model picker, and what is known about the model from its config alone."""
    from bert_tf.checkpoint import read_config

    with st.sidebar:
        names = model_names()
        say_gone("model", [*names, OTHER], shown_name)
        choice(st.selectbox, t("app.model"), [*names, OTHER], key="model", default=[*names, OTHER][0],
               format_func={OTHER: t("app.other_folder"), **{name: shown_name(name) for name in names}}.get)
        if st.session_state.model == OTHER:
            st.text_input(t("app.folder"), key="folder", bind="query-params", help=t("app.folder_help"))
        folder = chosen_folder()
        if folder is None:
            return
        with friendly("app.cannot_open"):
            show_facts(read_config(folder))
        card = Path(folder) / "card.md"
        if os.path.isfile(card) and st.button(t("app.card"), key="card_button", icon=":material/description:",
                                        type="tertiary"):
            show_card(card)
        if any(run.active for run in run_states.list_runs(kind=None)):
            st.caption(t("app.training"))


def show_facts(config) -> None:
    """Draws the shape of a model."""
    count = config.parameter_count()
    size = f"{count / 1e4:,.0f} 万" if language() == "zh" else f"{count / 1e6:,.1f} M"
    st.html(html.facts([
        (str(config.num_hidden_layers), t("app.layers")), (str(config.num_attention_heads), t("app.heads")),
        (str(config.hidden_size), t("app.hidden")), (f"{config.vocab_size:,}", t("app.vocabulary")),
        (size, t("app.parameters")), (str(config.max_position_embeddings), t("app.longest"))]))


def show_card(path: Path) -> None:
    """Opens the model card over the page; for Chinese visitors a summary beside it, `card.zh.md`, comes first."""
    summary = path.with_name("card.zh.md")

    @st.dialog(t("app.card"), width="large")
    def dialog() -> None:
        if language() == "zh" and summary.is_file():
            st.markdown(summary.read_text(encoding="utf-8"))
            with st.expander(t("app.card_whole"), icon=":material/description:"):
                draw_card(path)
        else:
            draw_card(path)

    dialog()


def draw_card(path: Path) -> None:
    """Draws a card with the pictures that lie beside it."""
    text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8", errors="replace"), flags=re.DOTALL)
    for number, part in enumerate(re.split(r"!\[[^\]]*\]\(([\w-]+\.svg)\)", text)):
        if number % 2 == 0:  # text and the names of pictures take turns
            st.markdown(part)
        elif (path.parent / part).is_file():
            st.image((path.parent / part).read_text(encoding="utf-8"))


def chosen_folder() -> Path | None:
    """Returns the folder chosen in the sidebar, or None while nothing is chosen."""
    name = st.session_state.get("model")
    if name == OTHER:
        path = (st.session_state.get("folder") or "").strip()
        return Path(os.path.expanduser(path)) if path else None
    return folder_of(name) if name else None


def chosen_name() -> str:
    """Says what the model chosen in the sidebar is called on the screen; where none is yet, an empty text."""
    name = st.session_state.get("model") or ""
    return str(chosen_folder() or "") if name == OTHER else shown_name(name)


def folder_of(name: str) -> Path | None:
    """Returns the folder of one of `model_names`; None for a run without a checkpoint."""
    if name.startswith(RUN):
        return run_checkpoint(run_states.runs_folder() / name.removeprefix(RUN))
    return models_folder() / name


@dataclass(frozen=True)
class Model:
    """A model that is open, with what tells it from others: its folder, and when its weights were written."""

    bert: object
    stamp: tuple[str, int]

    def ask(self, question: str, *texts: str, **options):
        """Asks the library one of its questions, once for each text; says what is wrong if it refuses.

        Args:
            question: `fill_mask`, `predict_positions`, `next_sentence` or `trace`.
        """
        with friendly(stop=True), st.spinner(t("app.thinking")):
            remembered = _answer
            if question == "trace":
                remembered = _trace if self.trace_bytes(*texts) < LARGE_TRACE else _large_trace
            return remembered(self.stamp, question, texts, options, self.bert)

    def trace_bytes(self, *texts: str) -> int:
        """Returns about how much memory the trace of a text or a pair takes."""
        shape, length = self.bert.config, len(self.bert.encode(*texts))
        return 4 * length * (shape.num_hidden_layers * shape.num_attention_heads * length
                             + (shape.num_hidden_layers + 1) * shape.hidden_size)

    def encode(self, *texts: str) -> Encoding:
        """Tokenizes a text or a pair."""
        with friendly(stop=True):
            return self.bert.encode(*texts)


@st.cache_data(max_entries=300, show_spinner=False)
def _answer(stamp: tuple, question: str, texts: tuple, options: dict, _bert):
    return getattr(_bert, question)(*texts, **options)


@st.cache_data(max_entries=24, show_spinner=False)
def _trace(stamp: tuple, question: str, texts: tuple, options: dict, _bert):
    return _bert.trace(*texts)


@st.cache_data(max_entries=3, show_spinner=False)
def _large_trace(stamp: tuple, question: str, texts: tuple, options: dict, _bert):
    return _bert.trace(*texts)


def current_model() -> Model:
    """Returns the model chosen, or ends the page with a friendly word."""
    folder = chosen_folder()
    if folder is None:
        st.info(t("app.folder_hint") if model_names() else t("app.no_models"), icon=":material/folder_open:")
        st.stop()
    with friendly("app.cannot_open", stop=True), st.spinner(t("app.loading")):
        return open_model(folder)


def open_model(folder: Path) -> Model:
    """Opens a model once for all visitors; a folder whose weights changed is opened anew."""
    weights = folder / "model.safetensors"
    stamp = (str(folder.resolve()), weights.stat().st_mtime_ns if weights.is_file() else 0)
    with _BUILDING:  # two visitors at once would otherwise build it twice
        return Model(_open_model(*stamp), stamp)


@st.cache_resource(max_entries=6, show_spinner=False)
def _open_model(folder: str, stamp: int):
    start_keras()
    from bert_tf import load

    bert = load(folder)
    threading.Thread(target=_compile, args=(bert,), daemon=True).start()
    return bert


def _compile(bert) -> None:
    """Compiles what a visitor asks first, a short sentence, while the page is still being read.

    No more than that: a model compiles one thing at a time, and an answer would have to wait its turn.
    """
    if bert.has_mlm_head:
        bert.fill_mask("[MASK]")
    bert.trace("[MASK]")


@st.cache_resource(show_spinner=False)
def start_keras() -> None:
    """Imports Keras and TensorFlow for the app.

    Streamlit clears Keras after every run of a page when Keras is imported. That throws away TensorFlow's kernels and
    collects garbage, half a second for every key pressed, and takes the state from under a model that another visitor
    is opening: it is kept from it. And what is imported here stays, half a million objects: the garbage collector need
    not look through them each time, 0.3 s in which nobody gets an answer.
    """
    from bert_tf.quiet import start_keras_quietly

    start_keras_quietly()
    import keras

    import bert_tf.explore  # noqa: F401

    keras.backend.clear_session = lambda *_, **__: None
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def static_vectors(folder: str, stamp: int):
    """Opens word2vec vectors once for all visitors."""
    from bert_tf.static_vectors import StaticVectors

    return StaticVectors.load(folder)


def notes_on(bert, encoding: Encoding, *texts: str) -> None:
    """Says what a model, `Bert` or `Finetuned`, could not read of the texts: pieces cut off, words it does not know."""
    if encoding.cut:
        st.info(t("app.cut", count=encoding.cut, longest=bert.max_length),
                icon=":material/content_cut:")
    unknown = [texts[segment][start:end] for token_id, segment, (start, end)
               in zip(encoding.token_ids, encoding.segment_ids, encoding.offsets)
               if token_id == bert.tokenizer.unk_token_id and end > start]
    if unknown:
        words = listed(dict.fromkeys(unknown))
        st.info(t("app.unknown", words=plain(words[:200])), icon=":material/help:")


def show_tokens(encoding: Encoding) -> None:
    """Draws the token / id / segment table, folded away."""
    rows = [(i, token, int(encoding.token_ids[i]), "AB"[int(encoding.segment_ids[i])],
             f"{start}–{end}" if end > start else "")
            for i, (token, (start, end)) in enumerate(zip(encoding.tokens, encoding.offsets))]
    headers = [t("app.position"), t("app.token"), t("app.id"), t("app.segment"), t("app.characters")]
    with st.expander(t("app.reads", count=len(encoding)), icon=":material/table_rows:"):
        st.html(html.table(headers, rows))
