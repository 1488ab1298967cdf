"""What all pages share: language, model, examples, and the one place where bad input is answered."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import streamlit as st

from bert_tf.results import Encoding
from ui import html
from ui.text import LANGUAGES, language, t

MODELS_FOLDER = Path("saved_models")
OTHER = "*other*"
_BUILDING = threading.Lock()


def frame() -> None:
    """Draws what every page starts with: the style and the language switch, which is part of the address."""
    st.html(html.STYLE)
    if "lang" not in st.session_state:
        wished = st.query_params.get("lang")
        st.session_state.lang = wished if wished in LANGUAGES else "en"
    with st.sidebar:
        st.segmented_control("Language / 语言", list(LANGUAGES), format_func=LANGUAGES.get, key="lang", required=True,
                             label_visibility="collapsed")
    if st.query_params.get("lang") != language():
        st.query_params["lang"] = language()


def model_folders() -> list[str]:
    """Lists the names of the BERT folders in `saved_models`."""
    return sorted(path.parent.name for path in MODELS_FOLDER.glob("*/config.json"))


def sidebar() -> None:
    """Draws the model picker; a page that asks for the model adds the facts about it."""
    with st.sidebar:
        names = model_folders()
        st.selectbox(t("app.model"), [*names, OTHER], key="model", bind="query-params",
                     format_func=lambda name: t("app.other_folder") if name == OTHER else name)
        if st.session_state.model == OTHER:
            st.text_input(t("app.folder"), key="folder", bind="query-params", help=t("app.folder_help"))


def facts(bert) -> None:
    """Draws what the sidebar tells about a model."""
    with st.sidebar:
        shape = bert.config
        st.caption(t("app.facts", layers=shape.num_hidden_layers, heads=shape.num_attention_heads,
                     hidden=shape.hidden_size, vocab=f"{shape.vocab_size:,}",
                     parameters=f"{shape.parameter_count() / 1e6:.1f}"))
        card = bert.folder / "card.md"
        if card.is_file() and st.button(t("app.card"), key="card_button", icon=":material/description:"):
            show_card(card)


def show_card(path: Path) -> None:
    """Opens the model card over the page."""
    @st.dialog(t("app.card"), width="large")
    def dialog() -> None:
        st.markdown(path.read_text(encoding="utf-8"))

    dialog()


def chosen_folder() -> str | None:
    """Returns the folder chosen in the sidebar, or None while nothing is chosen."""
    name = st.session_state.get("model")
    if name == OTHER:
        return (st.session_state.get("folder") or "").strip() or None
    return str(MODELS_FOLDER / name) if name else None


def current_model():
    """Returns the model chosen, or ends the page with a friendly word.

    Pages draw their inputs first: the first opening takes seconds, and one can type meanwhile.
    """
    folder = chosen_folder()
    if folder is None:
        st.info(t("app.folder_hint") if model_folders() else t("app.no_models"), icon=":material/folder_open:")
        st.stop()
    with friendly(stop=True), st.spinner(t("app.loading")):
        bert = open_model(folder)
    facts(bert)
    return bert


def open_model(folder: str):
    """Opens a model once for all visitors; a folder whose weights changed is opened anew."""
    weights = Path(folder) / "model.safetensors"
    stamp = weights.stat().st_mtime_ns if weights.is_file() else 0
    with _BUILDING:  # two visitors at once would otherwise build it twice
        return _open_model(folder, stamp)


@st.cache_resource(max_entries=3, show_spinner=False)
def _open_model(folder: str, stamp: int):
    from bert_tf.quiet import start_keras_quietly

    start_keras_quietly()
    _keep_keras()
    from bert_tf import load

    bert = load(folder)
    threading.Thread(target=warm_up, args=(bert,), daemon=True).start()
    return bert


def warm_up(bert) -> None:
    """Compiles what the pages ask first, while a visitor is still reading them: one or two seconds for each length."""
    for words in (1, 20):
        text = "a " * words
        if bert.has_mlm_head:
            bert.fill_mask(text + "[MASK]")
        bert.trace(text)
    if bert.has_mlm_head:
        bert.fill_mask("[MASK] [MASK]")


def _keep_keras() -> None:
    """Keeps Streamlit from clearing Keras after every run of a page, as it does where it finds Keras imported.

    That throws away TensorFlow's kernels and collects garbage, half a second for every key pressed, and takes
    the state from under a model that another visitor is opening.
    """
    import keras

    keras.backend.clear_session = lambda *_, **__: None


@st.cache_resource(show_spinner=False)
def static_vectors(folder: str):
    """Opens word2vec vectors once for all visitors."""
    from bert_tf.static_vectors import StaticVectors

    return StaticVectors.load(folder)


@contextlib.contextmanager
def friendly(*, stop: bool = False) -> Iterator[None]:
    """Shows what the library says about bad input; anything else is a bug and surfaces.

    Args:
        stop: end the page after the message.
    """
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        st.warning(f"**{t('app.problem')}** {plain(str(error))}", icon=":material/info:")
        if stop:
            st.stop()


def dark() -> bool:
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def plain(text: str) -> str:
    """Escapes a text so that Markdown shows it letter for letter.

    Streamlit makes arrows of `->` and icons of `:material/home:` after Markdown is done with the escapes;
    an invisible word joiner inside keeps it from knowing them.
    """
    joined = re.sub(r"(?<=[<>~-])(?=[-=>])|(?<=:)(?=\w)", "\u2060", text)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", joined)


def told_apart(labels: Sequence[str]) -> list[str]:
    """Returns the labels, equal ones made different by invisible word joiners: Streamlit knows a pill by its label."""
    seen = Counter()
    different = []
    for label in labels:
        different.append(label + "\u2060" * seen[label])
        seen[label] += 1
    return different


def examples(key: str, options: Sequence, label: Callable[[object], str], choose: Callable[[object], None]) -> None:
    """Draws examples to click; `choose` puts one into the page's inputs."""
    def clicked() -> None:
        index = st.session_state[key]
        st.session_state[key] = None
        if index is not None:
            choose(options[index])

    st.pills(t("app.examples"), range(len(options)), key=key, on_change=clicked,
             format_func=lambda index: plain(label(options[index])))


def notes_on(bert, encoding: Encoding, *texts: str) -> None:
    """Says what the model could not read of the texts: pieces cut off, words that the vocabulary lacks."""
    if encoding.cut:
        st.info(t("app.cut", count=encoding.cut), icon=":material/content_cut:")
    unknown = [texts[segment][start:end] for token_id, segment, (start, end)
               in zip(encoding.token_ids, encoding.segment_ids, encoding.offsets)
               if token_id == bert.tokenizer.unk_token_id and end > start]
    if unknown:
        st.info(t("app.unknown", words=plain(", ".join(dict.fromkeys(unknown)))), icon=":material/help:")


def token_table(encoding: Encoding) -> str:
    """Returns the token / id / segment table as HTML."""
    rows = [(i, token, int(encoding.token_ids[i]), "AB"[int(encoding.segment_ids[i])],
             f"{start}-{end}" if end > start else "")
            for i, (token, (start, end)) in enumerate(zip(encoding.tokens, encoding.offsets))]
    headers = [t("app.position"), t("app.token"), t("app.id"), t("app.segment"), t("app.characters")]
    return html.table(headers, rows)
