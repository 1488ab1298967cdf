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

import glob
import hashlib
import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bert_tf.data.corpus import corpus_files, read_documents
from bert_tf.data.manifest import (
    MANIFEST,
    cannot_write,
    check_vocabulary,
    new_manifest,
    read_manifest,
    write_manifest,
)
from bert_tf.data.workers import run_jobs
from bert_tf.records import require_integer


@dataclass(frozen=True)
class Shard:
    """The tokens of one source file.

    Attributes:
        name: the stem of the source file.
        tokens: uint16 or uint32 (tokens,), memory-mapped.
        sentences: int64 (sentences + 1,), first token of every sentence, then the total.
        documents: int64 (documents + 1,), first sentence of every document, then the total.
        words: bool (tokens,), whether a token goes on with the word of the one before, memory-mapped; None where
            nobody has looked for words.
    """

    name: str
    tokens: np.ndarray
    sentences: np.ndarray
    documents: np.ndarray
    words: np.ndarray | None = None


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
        shards = tuple(_open_shard(folder, name, manifest["dtype"], records[name]) for name in names)
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
    later. With several processes, a script should call this under `if __name__ == "__main__"`.

    Args:
        paths: corpus files, see `read_documents`.
        tokenizer: has `token_ids(text)`, `vocab_size` and `vocab_hash`; with several processes it
            must be picklable.
        folder: where the shards go; made if it is not there.
        processes: files worked on at the same time; None for one a CPU core, 1 for no process
            besides this one.
        progress: called now and then with (bytes done, bytes in all) of the files as stored.

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
    manifest = _start_manifest(folder, files, tokenizer)
    sizes = {name: file.stat().st_size for name, file in files.items()}
    pending = sorted(manifest["pending"], key=sizes.get, reverse=True)  # the longest work starts first
    kept = sum(size for name, size in sizes.items() if name not in pending)

    def finished(name: str, record: dict) -> None:
        manifest["shards"][name] = record
        manifest["pending"].remove(name)
        write_manifest(folder, manifest)

    def report(done: int) -> None:
        if progress is not None:
            progress(kept + done, sum(sizes.values()))

    jobs = {name: (files[name], tokenizer, folder, name, manifest["dtype"]) for name in pending}
    run_jobs(_write_shard, jobs, processes=processes or min(len(files), os.cpu_count() or 1),
             finished=finished, report=report)
    report(sum(sizes.values()) - kept)
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
    paths = _shard_paths(folder, name)
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


def words_path(folder: Path, name: str) -> Path:
    """Returns where the words of a shard are."""
    return folder / f"{name}.words.bin"


def _shard_paths(folder: Path, name: str) -> tuple[Path, Path, Path]:
    return folder / f"{name}.tokens.bin", folder / f"{name}.sentences.npy", folder / f"{name}.documents.npy"


def _open_shard(folder: Path, name: str, dtype: str, record: dict) -> Shard:
    """Maps the files of one shard and holds them against the manifest."""
    paths = _shard_paths(folder, name)
    remedy = f"Delete {folder / MANIFEST} and prepare the corpus again."
    try:
        size, expected = paths[0].stat().st_size, record["tokens"] * np.dtype(dtype).itemsize
        sentences, documents = (np.load(path, mmap_mode="r", allow_pickle=False) for path in paths[1:])
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"The token shard {name} in {folder} cannot be opened: {error}. {remedy}") from error
    if size != expected:
        raise ValueError(f"{paths[0]} should have {expected:,} bytes and has {size:,}. {remedy}")
    # An empty file cannot be mapped.
    tokens = np.memmap(paths[0], dtype=dtype, mode="r") if size else np.zeros(0, dtype)
    for path, starts, count, total in ((paths[1], sentences, record["sentences"], record["tokens"]),
                                       (paths[2], documents, record["documents"], record["sentences"])):
        if starts.dtype != np.int64 or starts.shape != (count + 1,) or starts[-1] != total:
            raise ValueError(
                f"{path} does not hold the starts of {count:,} pieces that end at {total:,}. {remedy}")
    words = words_path(folder, name)
    if not words.is_file():
        return Shard(name, tokens, sentences, documents)
    if words.stat().st_size != record["tokens"]:
        raise ValueError(f"{words} should have {record['tokens']:,} bytes and has {words.stat().st_size:,}. Delete it "
                         "and look for the words again.")
    marks = np.memmap(words, dtype=bool, mode="r") if size else np.zeros(0, bool)
    return Shard(name, tokens, sentences, documents, marks)


def _start_manifest(folder: Path, files: dict[str, Path], tokenizer) -> dict:
    """Reads or begins the manifest of a folder and writes down which shards are still to be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    if (folder / MANIFEST).exists():
        manifest = read_manifest(folder)
        check_vocabulary(folder, manifest, tokenizer)
    else:
        manifest = new_manifest(tokenizer)
    manifest["pending"] = [name for name, file in files.items() if not _is_done(folder, manifest, name, file)]
    for name in manifest["pending"]:
        manifest["shards"].pop(name, None)
    write_manifest(folder, manifest)
    return manifest


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
        _open_shard(folder, name, manifest["dtype"], record)
    except ValueError:
        return False
    return True
