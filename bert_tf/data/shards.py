"""Token shards: a corpus tokenized once, kept on disk as flat arrays, opened as memory maps.

A folder of shards holds, for every source file `<stem>.txt(.xz|.gz)`:

    <stem>.tokens.bin       word-piece ids of all sentences, end to end; little-endian uint16
                            (uint32 for vocabularies of more than 65,536 pieces)
    <stem>.sentences.npy    int64 (sentences + 1,), where each sentence starts among the tokens
    <stem>.documents.npy    int64 (documents + 1,), where each document starts among the sentences
    <stem>.words.bin        bool (tokens,), where a word goes on; only after `bert_tf.data.words.mark_words`

and one `manifest.json` that says with which vocabulary, and from which files, they were made.
Sentence and document starts end with the total, so piece i is `starts[i]:starts[i + 1]`.
"""

from __future__ import annotations

import contextlib
import copy
import glob
import hashlib
import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bert_tf.data.corpus import corpus_files, read_documents
from bert_tf.data.folder_lock import locked
from bert_tf.data.manifest import MANIFEST, cannot_write, check_vocabulary, new_manifest, read_manifest, write_manifest
from bert_tf.data.shard_files import Shard, open_shard, shard_paths, words_path
from bert_tf.data.workers import refuse_in_a_starting_process, run_jobs
from bert_tf.records import require_integer


@dataclass(frozen=True)
class TokenShards:
    """A tokenized corpus on disk.

    Attributes:
        folder: where it lies.
        shards: its shards; `prepare` keeps the order in which the files were given.
        vocab_size: V of the vocabulary it was made with.
        vocab_hash: the fingerprint of that vocabulary.
    """

    folder: Path
    shards: tuple[Shard, ...] = field(repr=False)
    vocab_size: int
    vocab_hash: str = field(repr=False)

    @property
    def total_tokens(self) -> int:
        """Word pieces in all shards."""
        return sum(len(shard.tokens) for shard in self.shards)

    @property
    def total_sentences(self) -> int:
        """Sentences in all shards."""
        return sum(len(shard.sentences) - 1 for shard in self.shards)

    @property
    def total_documents(self) -> int:
        """Documents in all shards."""
        return sum(len(shard.documents) - 1 for shard in self.shards)

    @classmethod
    def open(cls, folder: str | os.PathLike, tokenizer=None, *,
             names: Sequence[str] | None = None) -> "TokenShards":
        """Opens shards that `prepare` wrote.

        Args:
            folder: the folder with `manifest.json`.
            tokenizer: if given, its vocabulary must be the one the shards were made with.
            names: which shards to open, in this order; None opens all, sorted by name.

        Raises:
            FileNotFoundError: there is no manifest.
            ValueError: another vocabulary, an unknown name, an interrupted preparation, or files
                that do not hold what the manifest says.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        if tokenizer is not None:
            check_vocabulary(folder, manifest, tokenizer)
        if names is None:
            if manifest["pending"]:
                raise ValueError(
                    f"The token shards in {folder} are unfinished, these are missing: "
                    f"{', '.join(manifest['pending'])}. Prepare the same files again; what is done is kept.")
            names = sorted(manifest["shards"])
        unknown = [name for name in names if name not in manifest["shards"]]
        if unknown:
            known = ", ".join(manifest["shards"]) or "none"
            raise ValueError(f"{folder} has no shard {', '.join(unknown)}; it has: {known}.")
        records = manifest["shards"]
        shards = tuple(open_shard(folder, name, manifest["dtype"], records[name]) for name in names)
        return cls(folder, shards, manifest["vocab_size"], manifest["vocab_hash"])

    def __reduce__(self):
        # A copy in another process maps the same files; a pickled memory map would carry all tokens.
        return _reopen, (self.folder, [shard.name for shard in self.shards])


def _reopen(folder: Path, names: list[str]) -> TokenShards:
    return TokenShards.open(folder, names=names)


def prepare(paths: Iterable[str | os.PathLike], tokenizer, folder: str | os.PathLike, *,
            processes: int | None = None, progress: Callable[[int, int], None] | None = None) -> TokenShards:
    """Tokenizes corpus files into a folder of shards, one shard a file.

    A shard that is there already, complete and made from the same file (name, size, and time of
    change or content), is kept; so an interrupted preparation goes on where it stopped, and files can be added
    later. With several processes, a script should call this under `if __name__ == "__main__"`. While another
    preparation is at work in the folder, this one waits; it then makes what is still missing.

    Args:
        paths: corpus files, see `read_documents`.
        tokenizer: has `token_ids(text)`, `vocab_size` and `vocab_hash`; with several processes it
            must be picklable.
        folder: where the shards go; made if it is not there.
        processes: files worked on at the same time; None for one a CPU core, 1 for no process
            besides this one.
        progress: called now and then, also while waiting, with (bytes done, bytes in all) of the files as stored.

    Returns:
        The shards of exactly these files, opened.

    Raises:
        FileNotFoundError: a corpus file does not exist.
        ValueError: unreadable text, two files with the same stem, a folder that holds shards of
            another vocabulary, no document of two sentences anywhere, or a disk that refuses.
    """
    files = shard_files(paths)
    if processes is not None:
        require_integer("processes", processes, minimum=1)
    folder = Path(folder)
    sizes = {name: file.stat().st_size for name, file in files.items()}
    total, kept = sum(sizes.values()), 0

    def report(done: int) -> None:
        if progress is not None:
            progress(kept + done, total)

    def wait() -> None:
        refuse_in_a_starting_process()  # it would wait for its own parent
        report(0)

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    before, manifest = _plan(folder, files, tokenizer)
    if not manifest["pending"]:
        _note(folder, before, manifest)
    else:
        with locked(folder, waiting=wait):
            manifest = _plan(folder, files, tokenizer)[1]  # whoever was at work here may have made some
            write_manifest(folder, manifest)
            pending = sorted(manifest["pending"], key=sizes.get, reverse=True)  # the longest work starts first
            kept = sum(size for name, size in sizes.items() if name not in pending)
            jobs = {name: (files[name], tokenizer, folder, name, manifest["dtype"]) for name in pending}
            run_jobs(_write_shard, jobs, processes=processes or min(len(files), os.cpu_count() or 1),
                     finished=lambda name, record: _add_shard(folder, manifest, name, record), report=report)
    report(total - kept)
    shards = TokenShards.open(folder, tokenizer, names=list(files))
    if not any((np.diff(shard.documents) >= 2).any() for shard in shards.shards):
        raise ValueError(
            "The corpus has no document of at least two sentences, so there are no sentence pairs to learn "
            "from. Write one sentence a line and an empty line between documents only.")
    return shards


def shard_files(paths: Iterable[str | os.PathLike]) -> dict[str, Path]:
    """Returns the corpus file of each shard, by its name, in the order given.

    Raises:
        FileNotFoundError: a corpus file does not exist.
        ValueError: no file, one that was given twice or is none, or two with the same stem.
    """
    files = {}
    for path in corpus_files(paths):
        name = shard_name(path)
        if name in files:
            raise ValueError(f"{path} and {files[name]} would both become the shard {name}; rename one.")
        files[name] = path
    return files


def shard_name(file: Path) -> str:
    """Returns `en-000` for `en-000.txt.xz`."""
    name = file.name
    for suffix in (".xz", ".gz", ".txt"):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[:-len(suffix)]
    return name


def _write_shard(source: Path, tokenizer, folder: Path, name: str, dtype: str,
                 report: Callable[[int], None]) -> dict:
    """Tokenizes one file into the three files of a shard; returns its manifest record."""
    stat = source.stat()
    sha256 = _sha256(source)
    documents = read_documents(source, progress=report)  # before any writing, so that it may fail by itself
    paths = shard_paths(folder, name)
    parts = [path.with_name(f"{path.name}.{os.getpid()}.part") for path in paths]
    sentence_starts, document_starts, tokens = array("q", [0]), array("q", [0]), 0
    try:
        for path in paths:  # left behind by a run that was killed
            for leftover in folder.glob(f"{glob.escape(path.name)}.*.part"):
                leftover.unlink()
        with open(parts[0], "wb") as file:
            for document in documents:
                sentences = [ids for ids in map(tokenizer.token_ids, document) if len(ids)]
                for ids in sentences:
                    tokens += len(ids)
                    sentence_starts.append(tokens)
                if sentences:
                    document_starts.append(len(sentence_starts) - 1)
                    file.write(np.concatenate(sentences).astype(dtype).tobytes())
        for part, starts in zip(parts[1:], (sentence_starts, document_starts)):
            with open(part, "wb") as file:
                np.save(file, np.frombuffer(starts, dtype=np.int64))
        words_path(folder, name).unlink(missing_ok=True)  # they belong to the tokens that are replaced now
        for part, path in zip(parts, paths):
            os.replace(part, path)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return {"source": source.name, "source_bytes": stat.st_size, "source_mtime_ns": stat.st_mtime_ns,
            "source_sha256": sha256, "documents": len(document_starts) - 1, "sentences": len(sentence_starts) - 1,
            "tokens": tokens}


def _sha256(file: Path) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _plan(folder: Path, files: dict[str, Path], tokenizer) -> tuple[dict | None, dict]:
    """Returns the manifest of a folder, None if it has none, and as it has to be before the missing shards are made."""
    before = read_manifest(folder) if (folder / MANIFEST).exists() else None
    if before:
        check_vocabulary(folder, before, tokenizer)
    manifest = copy.deepcopy(before) if before else new_manifest(tokenizer)
    manifest["pending"] = [name for name, file in files.items() if not _is_done(folder, manifest, name, file)]
    for name in manifest["pending"]:
        manifest["shards"].pop(name, None)
    return before, manifest


def _note(folder: Path, before: dict | None, manifest: dict) -> None:
    """Writes down that nothing is missing, and the new times of copied files, if that is news and can be written.

    Both only save work: shards are as good on storage that cannot be written, or where somebody makes others now.
    """
    if manifest != before:
        with contextlib.suppress(ValueError), locked(folder) as held:
            if held and read_manifest(folder) == before:
                write_manifest(folder, manifest)


def _add_shard(folder: Path, manifest: dict, name: str, record: dict) -> None:
    """Writes down that a shard is finished."""
    manifest["shards"][name] = record
    manifest["pending"].remove(name)
    write_manifest(folder, manifest)


def _is_done(folder: Path, manifest: dict, name: str, file: Path) -> bool:
    """Whether a shard is there, whole, and made from this very file; a copy of the file is as good."""
    record, stat = manifest["shards"].get(name), file.stat()
    if record is None or (record["source"], record["source_bytes"]) != (file.name, stat.st_size):
        return False
    if record["source_mtime_ns"] != stat.st_mtime_ns:
        if record.get("source_sha256") != _sha256(file):
            return False
        record["source_mtime_ns"] = stat.st_mtime_ns
    try:
        open_shard(folder, name, manifest["dtype"], record)
    except ValueError:
        return False
    return True
