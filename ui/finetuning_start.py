"""The form that starts a fine-tuning: which examples, how often, and how carefully."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

import bert_tf
from bert_tf.checkpoint import read_config, read_tokenizer
from bert_tf.task_folder import TASKS
from bert_tf.training import launch, run_states
from bert_tf.training.duration import expected_seconds, processor_speed
from bert_tf.training.finetuning_config import FinetuningConfig, suggested_epochs, suggested_learning_rate
from bert_tf.training.task_readers import NEEDED
from ui import common, finetuning_preview, models
from ui.run_state import decimal
from ui.text import t
from ui.uploads import put, say_encoding

EXAMPLES = Path(bert_tf.__file__).parent / "examples" / "finetuning"
#: The sets that come along: training and dev file. In the first one, pretraining is seen to be worth most.
SETS = {"entities": ("entities-train.jsonl", "entities-dev.jsonl"),
        "sentiment": ("sentiment-train.tsv", "sentiment-dev.tsv"), "pairs": ("pairs-train.tsv", "pairs-dev.tsv"),
        "questions": ("questions-train.json", "questions-dev.json")}
UPLOAD = "upload"
#: The value of a choice that lets the program choose; of the number of examples, it takes all.
AUTO = 0
#: A gradient norm that no step reaches.
NO_CLIPPING = 1e9
CHOICES = {
    "rate": [AUTO, 1e-5, 2e-5, 3e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3], "batch": [4, 8, 16, 32, 64],
    "epochs": [AUTO, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20], "warmup": [0.0, 0.05, 0.1, 0.2, 0.3],
    "decay": [0.0, 0.001, 0.01, 0.05, 0.1], "clip": [0.5, 1.0, 2.0, 5.0, NO_CLIPPING],
    "dropout": [0.0, 0.05, 0.1, 0.2, 0.3, 0.5], "patience": [0, 1, 2, 3, 5], "looks": [1, 2, 4],
    "length": [16, 32, 64, 128, 256, 512], "amount": [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000],
}


def show() -> None:
    """Draws the form."""
    chosen = common.choice(st.segmented_control, t("tune.set"), [*SETS, UPLOAD], key="tune_set", default="entities",
                           format_func={name: t(f"tune.set_{name}") for name in [*SETS, UPLOAD]}.get, required=True)
    sources, columns, seen = ask_for_files() if chosen == UPLOAD else bundled(chosen)
    if seen:
        finetuning_preview.show(seen, own=chosen == UPLOAD)
    folder = models.chosen_folder()
    if folder is None:
        st.info(t("app.folder_hint"), icon=":material/folder_open:")
        return
    with common.friendly("app.cannot_open", stop=True):
        shape = read_config(folder)
    st.subheader(t("tune.settings"), anchor=False)
    st.caption(t("tune.from_model", name=common.plain(models.chosen_name())))
    wanted, name = ask_for_settings(shape, chosen, seen)
    if seen:
        say_how_long(folder, shape, seen, wanted)
    if st.button(t("tune.start"), type="primary", icon=":material/play_arrow:", key="tune_start", disabled=not seen):
        with common.friendly("pretraining.cannot_start"), st.spinner(t("pretraining.starting")):
            begin(name, FinetuningConfig(task=seen.train["task"], **wanted), folder, sources, columns)


def say_how_long(folder: Path, shape, seen, wanted: dict) -> None:
    """Says about how long the run would take."""
    count = min(wanted["most_train"] or seen.train["examples"], seen.train["examples"])
    config = FinetuningConfig(**wanted | {"epochs": wanted["epochs"] or suggested_epochs(count)})
    with common.friendly():
        seconds = expected_seconds(shape, config, tokenizer_of(str(folder), shape), seen.some, train=count,
                                   dev=seen.dev["examples"], speed=speed())
        st.caption(t("tune.how_long", minutes=f"{max(1, float(f'{seconds / 60:.2g}')):.0f}"))


@st.cache_resource(max_entries=6, show_spinner=False)
def tokenizer_of(folder: str, _shape):
    """Reads a model's tokenizer once."""
    return read_tokenizer(folder, _shape)


@st.cache_resource(ttl=600, show_spinner=False)
def speed() -> float:
    """Measures the processor, every few minutes anew: it may have been busy."""
    return processor_speed()


def bundled(name: str):
    """Returns the files of a set that comes along, no columns to choose, and what is in them."""
    st.caption(t(f"tune.about_{name}"))
    files = [EXAMPLES / file for file in SETS[name]]
    return files, {}, finetuning_preview.of_files(*map(str, files))


def ask_for_files():
    """Draws the upload; returns the files, the columns chosen, and what is in them (None while they will not do)."""
    left, right = st.columns(2)
    types = ["csv", "tsv", "txt", "conll", "jsonl", "json"]
    train = left.file_uploader(t("tune.train_file"), type=types, key="tune_train", help=t("tune.train_help"))
    dev = right.file_uploader(t("tune.dev_file"), type=types, key="tune_dev", help=t("tune.dev_help"))
    if train is None:
        st.caption(t("tune.formats"))
        return [], {}, None
    files = [train, dev] if dev else [train]
    task = common.choice(st.selectbox, t("tune.task"), ["auto", *TASKS], key="tune_task", default="auto",
                         format_func={name: t(f"tune.task_{name}") for name in ("auto", *TASKS)}.get)
    columns, seen = {}, None
    names = finetuning_preview.columns_of(train)
    if names and task != "questions":
        columns = ask_for_columns(task, names)
    with common.friendly("tune.bad_file"):
        seen = finetuning_preview.of_uploads(files, task, columns)
        for file in files:
            say_encoding(file)
    return files, columns, seen


def ask_for_columns(task: str, names: list[str]) -> dict[str, str]:
    """Draws which column is which; what is left open is recognised."""
    parts = {"auto": ("text", "text_a", "text_b", "label"), "tagging": ("tokens", "tags")}.get(task) or NEEDED[task]
    with st.expander(t("tune.columns"), icon=":material/view_column:", key="tune_columns"):
        st.caption(t("tune.columns_note"))
        found = {}
        for place, part in zip(st.columns(len(parts)), parts):
            with place:
                found[part] = st.selectbox(t(f"tune.part_{part}"), [None, *names], key=f"tune_part_{part}",
                                           format_func=lambda name: t("tune.recognise") if name is None else name)
    return {part: name for part, name in found.items() if name is not None}


def number(name: str, options: list, default, words=lambda value: f"{value:g}"):
    """Draws a choice of one of the numbers that make sense; as a list where the first is no number, but a suggestion."""
    return common.choice(st.selectbox if name in ("epochs", "rate") else st.select_slider, t(f"tune.{name}"), options,
                         key=f"tune_{name}", default=default, format_func=dict(zip(options, map(words, options))).get,
                         help=t(f"tune.{name}_help"))


def ask_for_settings(shape, chosen: str, seen) -> tuple[dict, str]:
    """Draws the settings; returns what `FinetuningConfig` takes, and the name of the run."""
    count = seen.train["examples"] if seen else 0
    left, middle, right = st.columns(3, gap="large")
    with middle:
        amounts = [amount for amount in CHOICES["amount"] if amount < count] + [AUTO]
        amount = number("amount", amounts, AUTO, lambda value: f"{value:,}" if value else t("tune.all"))
    with left:
        best = suggested_epochs(amount or count or 1000)
        epochs = number("epochs", CHOICES["epochs"], AUTO,
                        lambda value: str(value) if value else t("tune.auto", value=best))
    st.session_state.setdefault(f"tune_name_{chosen}", run_states.free_name(chosen if chosen in SETS else "mine"))
    name = right.text_input(t("pretraining.run_name"), key=f"tune_name_{chosen}", max_chars=run_states.LONGEST_NAME,
                            persist_state="session")
    st.session_state.setdefault("tune_twin", True)
    twin = st.toggle(t("tune.twin"), key="tune_twin", bind="query-params", persist_state="session",
                     help=t("tune.twin_help"))
    with st.expander(t("tune.details"), icon=":material/tune:", key="tune_details"):
        details = ask_for_details(shape)
    return {"epochs": epochs, "most_train": amount, "twin": twin, **details}, name


def ask_for_details(shape) -> dict:
    """Draws the settings that one may leave alone."""
    best = decimal(suggested_learning_rate(shape.hidden_size))
    lengths = [length for length in CHOICES["length"] if length < shape.max_position_embeddings]
    lengths.append(shape.max_position_embeddings)
    left, right = st.columns(2, gap="large")
    with left:
        rate = number("rate", CHOICES["rate"], AUTO,
                      lambda value: decimal(value) if value else t("tune.auto", value=best))
        warmup = number("warmup", CHOICES["warmup"], 0.1, lambda value: f"{value:.0%}")
        batch = number("batch", CHOICES["batch"], 16)
        length = number("length", lengths, 128 if 128 in lengths else lengths[-1])
        patience = number("patience", CHOICES["patience"], 0, lambda value: str(value) if value else t("tune.off"))
    with right:
        frozen = number("frozen", list(range(shape.num_hidden_layers + 1)), 0,
                        lambda value: str(value) if value else t("tune.none"))
        dropout = number("dropout", CHOICES["dropout"], 0.1, lambda value: f"{value:.0%}")
        decay = number("decay", CHOICES["decay"], 0.01)
        clip = number("clip", CHOICES["clip"], 1.0, lambda value: t("tune.off") if value == NO_CLIPPING else f"{value:g}")
        looks = number("looks", CHOICES["looks"], 1)
    return {"peak_learning_rate": float(rate), "warmup": warmup, "batch_size": batch, "max_length": length,
            "patience": patience, "frozen_blocks": frozen, "dropout": dropout, "weight_decay": decay,
            "clip_norm": clip, "evaluations_per_epoch": looks}


def begin(name: str, training: FinetuningConfig, model: Path, sources: list, columns: dict[str, str]) -> None:
    """Starts the run, with uploaded files kept beside it, and shows it."""
    with launch.reserved(name) as path:
        files = list(sources)
        if not isinstance(files[0], Path):
            (path / "data").mkdir()
            files = [put(file, path / "data") for file in files]
        launch.start_finetuning(path.name, training, model=model, train=files[0],
                                dev=files[1] if len(files) > 1 else None, columns=columns)
    for key in [key for key in st.session_state if key.startswith("tune_name_") or key in ("tune_run", "tune")]:
        st.session_state.pop(key, None)
    st.query_params["tune_run"] = path.name
    st.query_params.pop("tune", None)
    st.rerun()
