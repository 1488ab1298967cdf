"""A BERT on disk: a Hugging Face folder, read and written with Hugging Face's own tensor names.

`config.json`, `vocab.txt`, `tokenizer_config.json` and `model.safetensors`. Folders written here open in
`transformers` (`BertForPreTraining`, or the class of a task model), and BERT folders from there open here: full
pretraining models, task models, encoders with one head or none, with or without the `bert.` prefix, with old
LayerNorm names.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import numpy as np

from bert_tf.config import BertConfig
from bert_tf.records import read_json
from bert_tf.tensor_slots import Slot, model_slots
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.tokenizer_files import TOKENIZER_FILES
from bert_tf.weight_files import INDEX_FILE, WEIGHTS_FILE, read_tensors, weight_files, write_tensors

#: Settings of Hugging Face's config.json that would change the arithmetic, with the only value known here.
FIXED_SETTINGS = {"model_type": "bert", "position_embedding_type": "absolute", "is_decoder": False,
                  "add_cross_attention": False, "tie_word_embeddings": True}
#: What config.json has to say; everything else has a default.
REQUIRED_SETTINGS = [field.name for field in fields(BertConfig) if field.default is MISSING]
#: Other names in circulation for the two forms of GELU.
SAME_ACTIVATION = {"gelu_python": "gelu", "gelu_pytorch_tanh": "gelu_new", "gelu_python_tanh": "gelu_new",
                   "gelu_accurate": "gelu_new", "gelu_fast": "gelu_new"}


def read_config(folder: str | Path) -> BertConfig:
    """Reads the shape of a BERT from its folder's `config.json`.

    Raises:
        FileNotFoundError: the folder or the file is not there.
        ValueError: the config is not a BERT that this library computes exactly.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):  # where a name is too long, Path.is_dir raises an error of its own
        raise FileNotFoundError(f"{folder} is not a folder here, and nothing is downloaded. A BERT folder holds "
                                f"config.json, vocab.txt and {WEIGHTS_FILE}.")
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"{folder} is no BERT folder: it holds no config.json. It should hold config.json, "
                                f"vocab.txt and {WEIGHTS_FILE}.")
    values = read_json(folder / "config.json")
    if values.get("kind") in ("pretraining", "finetuning"):
        raise ValueError(f"{folder} is a run, not a model. " + (
            "Its model is in the folder model inside it." if values["kind"] == "finetuning" else
            "Open one of its checkpoints, or export it: python -m bert_tf export RUN FOLDER."))
    missing = [name for name in REQUIRED_SETTINGS if name not in values]
    if missing:
        raise ValueError(f"{folder / 'config.json'} does not describe a BERT: {', '.join(missing)} missing.")
    for key, expected in FIXED_SETTINGS.items():
        if values.get(key, expected) not in (expected, None):
            raise ValueError(f"{folder / 'config.json'} has {key} = {values[key]!r}; only {expected!r} is known here.")
    known = {field.name for field in fields(BertConfig)}
    values = {key: value for key, value in values.items() if key in known}
    if values.get("pad_token_id", 0) is None:  # some folders do not say it; [PAD] is found in the vocabulary
        del values["pad_token_id"]
    act = values.get("hidden_act", "gelu")
    try:
        return BertConfig(**values | {"hidden_act": SAME_ACTIVATION.get(act, act)})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{folder / 'config.json'} does not describe a BERT: {str(error).rstrip('.')}.") from None


def read_tokenizer(folder: str | Path, config: BertConfig) -> WordPieceTokenizer:
    """Reads the tokenizer of a BERT folder.

    Raises:
        FileNotFoundError: one of its files is not there.
        ValueError: a file is damaged, or the vocabulary is larger than the model's.
    """
    tokenizer = WordPieceTokenizer.from_folder(folder)
    if tokenizer.vocab_size > config.vocab_size:
        raise ValueError(f"{folder}: vocab.txt has {tokenizer.vocab_size} pieces, but config.json says vocab_size "
                         f"{config.vocab_size}. The two files are not of the same model.")
    return tokenizer


@dataclass(frozen=True)
class LoadedBert:
    """What a folder held.

    Attributes:
        model: `BertForPreTraining`; parts the folder lacked keep random weights and must not be used.
        tokenizer: the folder's tokenizer.
        parts: names of what was there, from `encoder`, `pooler`, `mlm_head`, `nsp_head`.
    """

    model: object
    tokenizer: WordPieceTokenizer
    parts: frozenset[str]


def model_files(folder: str | Path) -> list[Path]:
    """Lists the files of a model folder that `load` reads.

    Raises:
        FileNotFoundError: there are no weights.
        ValueError: the index of the weights is damaged.
    """
    names = ("config.json", *TOKENIZER_FILES, INDEX_FILE)
    return [Path(folder) / name for name in names if (Path(folder) / name).is_file()] + weight_files(folder)


def load(folder: str | Path, *, dtype: str = "float32") -> LoadedBert:
    """Opens a BERT folder.

    Args:
        folder: a Hugging Face BERT folder.
        dtype: a Keras precision policy, `float32` or `mixed_bfloat16`.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: a file is damaged, or the files do not fit each other.
    """
    from bert_tf.model import BertForPreTraining

    folder = Path(folder)
    config = read_config(folder)
    tokenizer = read_tokenizer(folder, config)
    tensors = read_tensors(folder)
    model = BertForPreTraining.from_shape(config, dtype=dtype)
    parts = load_tensors(model, tensors, source=str(folder / WEIGHTS_FILE))
    return LoadedBert(model, tokenizer, parts)


def load_whole(folder: str | Path) -> LoadedBert:
    """Opens a BERT folder that holds all parts of a pretraining model.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: as for `load`, or a part is missing.
    """
    loaded = load(folder)
    if missing := model_slots(loaded.model).keys() - loaded.parts:
        raise ValueError(f"{folder} has no {' and no '.join(sorted(missing))}; a whole pretraining model is needed here.")
    return loaded


def load_tensors(model, tensors: dict[str, np.ndarray], *, source: str) -> frozenset[str]:
    """Puts tensors into a `BertForPreTraining` or a task model, and says which parts they filled.

    The model stays as it was where they are refused.

    Raises:
        ValueError: a part is there only in part, a shape does not fit, or the decoder is not tied.
    """
    found: dict[str, list[Slot]] = {}
    for part, slots in model_slots(model).items():
        missing = [slot.name for slot in slots if slot.name not in tensors]
        if len(missing) == len(slots) and part != "encoder":
            continue
        if missing:
            raise ValueError(f"{source} lacks {len(missing)} of the {len(slots)} tensors of the {part}, "
                             f"{missing[0]} first. It is not a whole BERT, or has fewer layers than config.json says.")
        for slot in slots:
            value = tensors[slot.name]
            if value.shape != slot.shape():
                raise ValueError(f"{source}: {slot.name} has shape {value.shape}, but config.json asks for "
                                 f"{slot.shape()}. The two files are not of the same model.")
        found[part] = slots
    decoder = tensors.get("cls.predictions.decoder.weight")
    if decoder is not None and not np.array_equal(decoder, tensors["bert.embeddings.word_embeddings.weight"]):
        raise ValueError(f"{source}: the masked-word decoder is not tied to the word embeddings; such a model is not "
                         "known here.")
    if f"bert.encoder.layer.{len(model.encoder.blocks)}.output.dense.bias" in tensors:
        raise ValueError(f"{source} has more layers than the {len(model.encoder.blocks)} that config.json says.")
    for slots in found.values():
        _assign(slots, tensors)
    return frozenset(found)


def _assign(slots: list[Slot], tensors: dict[str, np.ndarray]) -> None:
    """Writes whole variables, joining the thirds of query-key-value first."""
    joined: dict[int, list[np.ndarray]] = {}
    for slot in slots:
        value = tensors[slot.name].astype(np.float32)
        value = value.T if slot.transposed else value
        if slot.part is None:
            slot.variable.assign(value)
            continue
        parts = joined.setdefault(id(slot.variable), [])
        parts.append(value)
        if len(parts) == 3:
            slot.variable.assign(np.concatenate(parts, axis=-1))


def model_tensors(model, dtype: str = "float32") -> dict[str, np.ndarray]:
    """Returns all tensors of a model under Hugging Face's names, as `float32` or `float16`."""
    return {slot.name: slot.read().astype(dtype) for slots in model_slots(model).values() for slot in slots}


def save(model, tokenizer: WordPieceTokenizer, folder: str | Path, *, dtype: str = "float32",
         settings: dict | None = None) -> None:
    """Writes a `BertForPreTraining` or a task model as a Hugging Face folder.

    All files are written beside their places first and then moved there, the weights last: whatever happens on the
    way, the folder holds the old model, the new one, or none that opens.

    Args:
        model: the model; its class is written down as the architecture.
        tokenizer: its tokenizer.
        folder: made if it is not there; files of the same names are replaced.
        dtype: `float32`, or `float16` for half the size.
        settings: what config.json says besides the shape: labels and the like.

    Raises:
        ValueError: `dtype` is neither, `folder` is a file, or the disk refuses.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder to write the model into.")
    scratch, is_new = folder / ".writing", not folder.exists()
    try:
        shutil.rmtree(scratch, ignore_errors=True)  # left behind by a process that was killed
        scratch.mkdir(parents=True)
        try:
            write(model, tokenizer, scratch, dtype=dtype, settings=settings)
        except BaseException:
            shutil.rmtree(folder if is_new else scratch, ignore_errors=True)
            raise
        _move_into(folder, scratch)
    except OSError as error:
        raise ValueError(
            f"Cannot write the model into {folder}: {error}. Make room or choose another folder.") from None


def write(model, tokenizer: WordPieceTokenizer, folder: Path, *, dtype: str = "float32",
          settings: dict | None = None) -> None:
    """Writes the files of `save` straight into a folder: for one that gets its own name when all is done.

    Raises:
        ValueError: `dtype` is neither `float32` nor `float16`.
        OSError: the disk refuses.
    """
    if dtype not in ("float32", "float16"):
        raise ValueError(f"dtype should be float32 or float16, not {dtype!r}.")
    config = BertConfig.to_dict(model.config) | FIXED_SETTINGS
    config |= {"architectures": [type(model).__name__], "dtype": dtype} | (settings or {})
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")
    tokenizer.save(folder, model_max_length=model.config.max_position_embeddings)
    write_tensors(folder, model_tensors(model, dtype), like=folder / "config.json")


def _move_into(folder: Path, scratch: Path) -> None:
    """Replaces the model of a folder by the one in `scratch`; while that lasts, the folder has no weights.

    What is not yet moved when it is interrupted stays in `scratch`.
    """
    for older in (WEIGHTS_FILE, INDEX_FILE, *TOKENIZER_FILES):
        (folder / older).unlink(missing_ok=True)
    names = [path.name for path in scratch.iterdir() if path.name != WEIGHTS_FILE]
    for name in (*names, WEIGHTS_FILE):
        os.replace(scratch / name, folder / name)
    scratch.rmdir()
