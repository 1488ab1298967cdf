"""What runs were asked for, in the visitor's words, and in what they differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from bert_tf.config import SIZES
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.pretraining_config import PretrainingConfig
from bert_tf.training.run_folder import RunFolder
from ui import html
from ui.finetuning_start import EXAMPLES, NO_CLIPPING, SETS
from ui.pretraining_start import OPTIMIZER_NAMES, READY
from ui.run_state import decimal
from ui.text import LANGUAGES, listed, t

#: What changes nothing that a model learns.
HOUSEKEEPING = {"save_minutes", "keep_checkpoints", "log_every"}
#: The names of the files that the texts of the program come in.
READY_FILES = {name: {f"{name}-{language}.txt" for language in LANGUAGES} for name in READY}


def settings_of(path: Path) -> dict[str, str]:
    """Returns what a run was asked for: what the setting is called -> its value.

    What the forms do not ask for goes by the name of the option on the command line.
    """
    config = RunFolder(path).config()
    if config.get("kind") == "finetuning":
        values = _with_defaults(FinetuningConfig, config)
        named = _finetuning(config, values)
    else:
        values = _with_defaults(PretrainingConfig, config)
        named = _pretraining(config, values)
    shown = {label: words for label, words, _ in named}
    used = HOUSEKEEPING | {name for *_, names in named for name in names}
    return shown | {"--" + name.replace("_", "-"): _plain(value) for name, value in values.items() if name not in used}


def differing(settings: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Returns the settings that are not the same in all runs, each with its value in every run ("–" where it has none).

    Example: [{"Size": "tiny", "Minutes": "3"}, {"Size": "mini", "Minutes": "3"}] gives {"Size": ["tiny", "mini"]}.
    """
    labels = dict.fromkeys(label for of_one in settings for label in of_one)
    rows = {label: [of_one.get(label, "–") for of_one in settings] for label in labels}
    return {label: values for label, values in rows.items() if len(set(values)) > 1}


def show(runs: Sequence[Path]) -> None:
    """Draws in what runs differ, if there are several, and folded away all that the first one was asked for."""
    settings = [settings_of(run) for run in runs]
    names = [run.name for run in runs]
    if len(runs) > 1:
        st.markdown(f"**{t('settings.differ')}**")
        rows = [[label, *values] for label, values in differing(settings).items()]
        if rows:
            st.html(html.table([t("settings.setting"), *names], rows, whole=True))
        else:
            st.caption(t("settings.same"))
    with st.expander(t("settings.all", name=names[0]), icon=":material/list_alt:", key="run_settings"):
        st.html(html.table([t("settings.setting"), t("settings.value")], list(settings[0].items()), whole=True))


def ready_text(config: dict) -> str | None:
    """Returns which of the texts that come with the program a pretraining reads: "stories", "everyday" or None."""
    names = {Path(file).name for file in config.get("corpus", [])}
    return next((name for name, files in READY_FILES.items() if names == files), None)


def _with_defaults(kind: type, config: dict) -> dict:
    """Returns the recipe of a run; what it does not say, since it is older, is the default."""
    usual = {field.name: field.default_factory() if field.default is dataclasses.MISSING else field.default
             for field in dataclasses.fields(kind) if field.default is not field.default_factory}
    return usual | config.get("training", {})


def _pretraining(config: dict, values: dict) -> list[tuple[str, str, tuple[str, ...]]]:
    """Returns (name, value, keys of the recipe that this tells) of what the form asks for."""
    ready = ready_text(config)
    corpus = t(f"pretraining.{ready}") if ready else _files(config.get("corpus", []))
    start = config.get("initial_model")
    size = t("pretraining.go_on", name=_model_name(start)) if start else _shape(values["size"])
    stages = [stage if isinstance(stage, dict) else dataclasses.asdict(stage) for stage in values["stages"]]
    unit, unit_words = ("steps", t("pretraining.steps_axis")) if values["steps"] else ("minutes", t("pretraining.minutes"))
    named = [
        (t("pretraining.corpus"), corpus, ()),
        (t("pretraining.size"), size, ("size",)),
        (unit_words, f"{values[unit]:,g}", ("steps", "minutes")),
        (t("pretraining.optimizer"), OPTIMIZER_NAMES.get(values["optimizer"], values["optimizer"]), ("optimizer",)),
        (t("pretraining.rate"), decimal(values["peak_learning_rate"]), ("peak_learning_rate",)),
        (t("pretraining.batch"), " → ".join(str(stage["batch_size"]) for stage in stages), ("stages",)),
        (t("pretraining.length"), " → ".join(str(stage["sequence_length"]) for stage in stages), ("stages",)),
        (t("pretraining.mask_rate"), html.percent(values["mask_rate"]), ("mask_rate",)),
        (t("pretraining.whole_words"), _plain(values["whole_words"]), ("whole_words",))]
    if not start:
        if config.get("vocab_size"):
            named.append((t("pretraining.vocabulary"), f"{config['vocab_size']:,}", ()))
        named.append((t("pretraining.word2vec"), _plain(config.get("initial_embeddings") == "word2vec"), ()))
    return named


def _finetuning(config: dict, values: dict) -> list[tuple[str, str, tuple[str, ...]]]:
    """Returns (name, value, keys of the recipe that this tells) of what the form asks for."""
    train = Path(config["train"])
    ours = train.parent.name == EXAMPLES.name
    ready = next((name for name, files in SETS.items() if ours and train.name == files[0]), None)
    examples = config.get("data", {}).get("train", {}).get("examples")
    clip = values["clip_norm"]
    return [
        (t("tune.set"), t(f"tune.set_{ready}") if ready else train.name, ()),
        (t("tune.task"), t(f"tune.task_{values['task']}"), ("task",)),
        (t("app.model"), _model_name(config["model"]), ()),
        (t("tune.amount"), f"{examples:,}" if examples else "", ("most_train",)),
        (t("tune.epochs"), str(values["epochs"]), ("epochs",)),
        (t("tune.twin"), _plain(values["twin"]), ("twin",)),
        (t("tune.rate"), decimal(values["peak_learning_rate"]), ("peak_learning_rate",)),
        (t("tune.warmup"), f"{values['warmup']:.0%}", ("warmup",)),
        (t("tune.batch"), str(values["batch_size"]), ("batch_size",)),
        (t("tune.length"), str(values["max_length"]), ("max_length",)),
        (t("tune.patience"), str(values["patience"] or t("tune.off")), ("patience",)),
        (t("tune.frozen"), str(values["frozen_blocks"] or t("tune.none")), ("frozen_blocks",)),
        (t("tune.dropout"), f"{values['dropout']:.0%}", ("dropout",)),
        (t("tune.decay"), f"{values['weight_decay']:g}", ("weight_decay",)),
        (t("tune.clip"), t("tune.off") if clip == NO_CLIPPING else f"{clip:g}", ("clip_norm",)),
        (t("tune.looks"), str(values["evaluations_per_epoch"]), ("evaluations_per_epoch",))]


def _shape(size: str | None) -> str:
    """Returns a size with its shape: tiny, 2 x 128."""
    return f"{size} ({SIZES[size][0]} × {SIZES[size][1]})" if size in SIZES else str(size)


def _model_name(folder: str) -> str:
    """Returns what a model's folder is called; a checkpoint of a run goes by the run's name and its own."""
    path = Path(folder)
    if path.parent.name == "checkpoints":
        return f"{path.parent.parent.name}, {path.name}"
    return path.name


def _files(files: Sequence[str]) -> str:
    """Returns the names of some files."""
    return listed(Path(file).name for file in files)


def _plain(value) -> str:
    """Writes one value."""
    if isinstance(value, bool):
        return t("settings.yes" if value else "settings.no")
    return f"{value:g}" if isinstance(value, float) else str(value)
