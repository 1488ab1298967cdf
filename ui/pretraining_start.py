"""The form that starts a pretraining: what to read, how large, how long, and how to learn."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from bert_tf.config import SIZES, BertConfig
from bert_tf.data.corpus_check import CorpusFacts, check_corpus
from bert_tf.data.everyday import copy_everyday, everyday
from bert_tf.data.stories import STORIES, stories, write_stories
from bert_tf.training import launch, run_states
from bert_tf.training.pretraining_config import PretrainingConfig, Stage
from ui import common, html, models
from ui.text import language, t
from ui.uploads import put, say_encoding

#: The texts that come with the program, and how to put one into the folder of a run.
READY = {"stories": write_stories, "everyday": copy_everyday}
CORPORA = [*READY, "upload"]
#: The entry among the sizes that goes on from the model chosen in the sidebar.
GO_ON = "model"
SHAPES = ["tiny", "mini", "small", GO_ON]
#: The peak learning rate that a size starts with: larger models want smaller steps, AdamW smaller ones than Muon, and
#: who knows something already should not forget it.
RATES = {"muon": {"tiny": 5e-3, "mini": 3e-3, "small": 2e-3, GO_ON: 5e-4},
         "adamw": {"tiny": 2e-3, "mini": 1e-3, "small": 5e-4, GO_ON: 2e-4}}
OPTIMIZER_NAMES = {"muon": "Muon", "adamw": "AdamW"}
CHOICES = {"rate": [1e-4, 2e-4, 5e-4, 7e-4, 1e-3, 1.5e-3, 2e-3, 3e-3, 5e-3, 1e-2, 3e-2], "batch": [16, 32, 64, 128],
           "length": [16, 32, 64, 128], "vocabulary": [1000, 2000, 3000, 8000, 16000]}
#: Checkpoints kept to look back at, and the longest time between two, as a share of the run.
CHECKPOINTS, RAREST = 20, 0.1
#: The share of a run in which the learning rate rises: short runs at high rates need more of it than long ones.
WARMUP = 0.1
LONGEST_INPUT = 128


def show() -> None:
    """Draws the form."""
    corpus = common.choice(st.segmented_control, t("pretraining.corpus"), CORPORA, key="corpus", default="stories",
                           format_func={name: t(f"pretraining.{name}") for name in CORPORA}.get, required=True)
    uploads = []
    if corpus in READY:
        show_ready(corpus)
    else:
        uploads = ask_for_files()
    left, middle, right = st.columns(3)
    with left:
        size = common.choice(st.selectbox, t("pretraining.size"), SHAPES, key="size", default="tiny",
                             format_func={name: size_words(name) for name in SHAPES}.get, on_change=follow)
    st.session_state.setdefault("minutes", 3.0)
    minutes = middle.number_input(t("pretraining.minutes"), min_value=0.1, max_value=600.0, step=1.0, key="minutes",
                                  format="%g", persist_state="session", help=t("pretraining.minutes_help"))
    st.session_state.setdefault("new_name", run_states.free_name("run"))
    name = right.text_input(t("pretraining.run_name"), key="new_name", max_chars=run_states.LONGEST_NAME,
                            persist_state="session")
    options = ask_for_details(size)
    if size == GO_ON:
        name_of_it = common.plain(models.chosen_name())
        st.caption(t("pretraining.go_on_note", name=name_of_it) if name_of_it else t("pretraining.go_on_nothing"))
    ready = (uploads or corpus in READY) and (size != GO_ON or models.chosen_folder())
    if st.button(t("pretraining.start"), type="primary", icon=":material/play_arrow:", key="start", disabled=not ready):
        with common.friendly("pretraining.cannot_start"), st.spinner(t("pretraining.starting")):
            begin(name, size, minutes, corpus, uploads, **options)


def size_words(size: str) -> str:
    """Says what a size is."""
    if size == GO_ON:
        return t("pretraining.go_on", name=models.chosen_name() or t("pretraining.go_on_another"))
    layers, hidden, heads = SIZES[size]
    count = BertConfig.of_size(size, 3000, max_position_embeddings=LONGEST_INPUT).parameter_count()
    count = f"{count / 1e4:,.0f}" if language() == "zh" else f"{count / 1e6:.1f}"
    return t("pretraining.size_words", size=size, layers=layers, hidden=hidden, heads=heads, count=count)


def follow() -> None:
    """Gives a newly chosen size or optimizer the learning rate that suits it."""
    rates = RATES[st.session_state.get("optimizer", "muon")]
    st.session_state.rate = rates.get(st.session_state.size, st.session_state.get("rate"))


def ask_for_details(size: str) -> dict:
    """Draws the settings that one may leave alone."""
    with st.expander(t("pretraining.details"), icon=":material/tune:"):
        left, right = st.columns(2, gap="large")
        with left:
            optimizer = common.choice(st.segmented_control, t("pretraining.optimizer"), list(OPTIMIZER_NAMES),
                                      key="optimizer", default="muon", format_func=OPTIMIZER_NAMES.get, required=True,
                                      help=t("pretraining.optimizer_help"), on_change=follow)
            rate = number("rate", RATES[optimizer][size], lambda value: f"{value:g}")
            batch = number("batch", 64, str)
            length = number("length", 32, str, most=longest_input() if size == GO_ON else LONGEST_INPUT)
        with right:
            mask_rate = common.choice(st.select_slider, t("pretraining.mask_rate"), [0.05, 0.1, 0.15, 0.2, 0.3, 0.4],
                                      key="mask_rate", default=0.15, format_func=html.percent,
                                      help=t("pretraining.mask_rate_help"))
            vocabulary, word2vec = 3000, False  # a model that goes on has its own
            if size != GO_ON:
                vocabulary = number("vocabulary", 3000, lambda value: f"{value:,}")
                word2vec = st.toggle(t("pretraining.word2vec"), key="word2vec", help=t("pretraining.word2vec_help"))
            whole = st.toggle(t("pretraining.whole_words"), key="whole_words", help=t("pretraining.whole_words_help"))
    return {"optimizer": optimizer, "rate": rate, "batch": batch, "length": length, "mask_rate": mask_rate, "vocabulary": vocabulary,
            "word2vec": word2vec, "whole": whole}


def longest_input() -> int:
    """Returns how many tokens the model in the sidebar takes, as far as pairs here may be long."""
    from bert_tf.checkpoint import read_config

    try:
        return min(LONGEST_INPUT, read_config(models.chosen_folder()).max_position_embeddings)
    except (TypeError, FileNotFoundError, ValueError):  # no folder, or no model in it, which the sidebar tells
        return LONGEST_INPUT


def number(name: str, default, words, *, most: float = float("inf")):
    """Draws a choice of one of the numbers that make sense."""
    options = [value for value in CHOICES[name] if value <= most]
    return common.choice(st.select_slider, t(f"pretraining.{name}"), options, key=name, default=default,
                         format_func=words, help=t(f"pretraining.{name}_help"))


def show_ready(corpus: str) -> None:
    """Shows what a text that comes with the program reads like."""
    count = 2 * STORIES if corpus == "stories" else sum(len(everyday(code)) for code in ("en", "zh"))
    st.caption(t(f"pretraining.{corpus}_note", count=f"{count:,}"))
    with st.container(border=True):
        for code in (language(), "zh" if language() == "en" else "en"):
            for one in stories(code, 2, seed=0) if corpus == "stories" else everyday(code)[:2]:
                st.markdown(common.plain(("" if code == "zh" else " ").join(one)))


def ask_for_files() -> list:
    """Draws the upload; returns the files if every one of them can be trained on."""
    files = st.file_uploader(t("pretraining.files"), type=["txt", "gz", "xz"], accept_multiple_files=True, key="files",
                             help=t("pretraining.files_help"))
    good = []
    for file in files:
        with common.friendly("pretraining.bad_file"):
            facts = look_over(file.file_id, file.name, file)
            st.caption(t("pretraining.file_facts", name=common.plain(file.name), documents=f"{facts.documents:,}",
                         sentences=f"{facts.sentences:,}", beginning=common.plain(" ".join(facts.beginning)[:160])))
            say_encoding(file)
            good.append(file)
    return good if len(good) == len(files) else []


@st.cache_data(max_entries=20, show_spinner=False)
def look_over(file_id: str, name: str, _file) -> CorpusFacts:
    """Checks an uploaded file once."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return check_corpus(put(_file, Path(folder)))
        except ValueError as error:
            raise ValueError(str(error).replace(folder + "/", "")) from None


def begin(name: str, size: str, minutes: float, corpus: str, uploads: list, *, optimizer: str, rate: float, batch: int, length: int,
          mask_rate: float, vocabulary: int, word2vec: bool, whole: bool) -> None:
    """Starts the run and shows it."""
    training = PretrainingConfig(
        size=None if size == GO_ON else size, stages=(Stage(sequence_length=length, batch_size=batch),), minutes=minutes, peak_learning_rate=rate,
        optimizer=optimizer, warmup=WARMUP, mask_rate=mask_rate, whole_words=whole, max_position_embeddings=LONGEST_INPUT,
        mixed_precision="float32", save_minutes=max(minutes * RAREST, 0.05), keep_checkpoints=CHECKPOINTS)
    with launch.reserved(name) as path:
        (path / "corpus").mkdir()
        files = READY[corpus](path / "corpus") if corpus in READY else {"corpus": [put(file, path / "corpus") for file in uploads]}
        going_on = size == GO_ON  # then the vocabulary is the model's
        launch.start(path.name, training, **files, vocab_size=None if going_on else vocabulary,
                     initial_model=models.chosen_folder() if going_on else None,
                     initial_embeddings="word2vec" if word2vec else "random")
    for key in ("new_name", "run", "lab"):
        st.session_state.pop(key, None)
    st.query_params["run"] = path.name
    st.query_params.pop("lab", None)
    st.rerun()
