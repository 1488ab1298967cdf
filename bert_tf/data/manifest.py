"""The manifest of a folder of token shards: which vocabulary, which source files, how many of everything.

`shards` holds one record for every finished shard, in the order in which they were finished; `pending`
names those that the last preparation has still to make. A shard has no record before all of its files
are in place.
"""

from __future__ import annotations

import json
from pathlib import Path

from bert_tf.records import read_json
from bert_tf.text_files import write_atomically

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MANIFEST_KEYS = {"vocab_hash", "vocab_size", "dtype", "shards", "pending"}
RECORD_KEYS = {"source", "source_bytes", "source_mtime_ns", "documents", "sentences", "tokens"}


def new_manifest(tokenizer) -> dict:
    """Returns the manifest of an empty folder for shards of this tokenizer."""
    return {"format_version": FORMAT_VERSION, "vocab_hash": tokenizer.vocab_hash,
            "vocab_size": tokenizer.vocab_size, "dtype": "<u2" if tokenizer.vocab_size <= 1 << 16 else "<u4",
            "shards": {}, "pending": []}


def read_manifest(folder: Path) -> dict:
    """Reads the manifest of a folder.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is not one, or of another format version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(
            f"There are no token shards in {folder} (no {MANIFEST}); prepare a corpus into it.")
    manifest = read_json(path)
    if manifest.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"{path} has format version {manifest.get('format_version')!r}; this program reads "
            f"{FORMAT_VERSION}. Prepare the corpus into a new folder.")
    missing = MANIFEST_KEYS - manifest.keys()
    if missing:
        raise ValueError(
            f"{path} lacks {', '.join(sorted(missing))}; prepare the corpus into a new folder.")
    for name, record in manifest["shards"].items():
        if not RECORD_KEYS <= record.keys():
            raise ValueError(
                f"{path} does not describe the shard {name} in full; delete it and prepare again.")
    return manifest


def write_manifest(folder: Path, manifest: dict) -> None:
    """Puts a manifest in place, whole or not at all."""
    try:
        write_atomically(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    except OSError as error:
        raise cannot_write(folder, error) from error


def check_vocabulary(folder: Path, manifest: dict, tokenizer) -> None:
    """Raises ValueError if the shards of a folder were made with another vocabulary than the tokenizer's."""
    if manifest["vocab_hash"] != tokenizer.vocab_hash:
        raise ValueError(
            f"The token shards in {folder} were made with another vocabulary ({manifest['vocab_size']:,} "
            f"pieces, {manifest['vocab_hash'][:12]}) than this tokenizer's ({tokenizer.vocab_size:,} pieces, "
            f"{tokenizer.vocab_hash[:12]}). Prepare the corpus into another folder, or delete that one.")


def cannot_write(folder: Path, error: OSError) -> ValueError:
    """Returns what to raise when the disk refuses."""
    return ValueError(f"Cannot write token shards into {folder}: {error.strerror or error}. "
                      "Make room or choose another folder.")
