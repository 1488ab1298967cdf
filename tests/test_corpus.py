"""Reading corpora: the format, its variants, and every way a file can be wrong."""

import gzip
import lzma
import os
import tracemalloc

import pytest

from bert_tf.data import corpus
from bert_tf.data.corpus import corpus_files, read_documents

TEXT = "The cat sat.\nThe mat was flat.\n\n太阳升起。\n天空变亮。\n\nOne line only.\n"
DOCUMENTS = [["The cat sat.", "The mat was flat."], ["太阳升起。", "天空变亮。"],
             ["One line only."]]
PACKERS = {"a.txt": bytes, "a.txt.gz": gzip.compress, "a.txt.xz": lzma.compress, "A.TXT.XZ": lzma.compress}


def written(folder, content, name="a.txt"):
    path = folder / name
    path.write_bytes(PACKERS[name](content if isinstance(content, bytes) else content.encode("utf-8")))
    return path


@pytest.mark.parametrize("name", PACKERS)
def test_plain_and_packed_files_hold_the_same_documents(tmp_path, name):
    assert list(read_documents(written(tmp_path, TEXT, name))) == DOCUMENTS


@pytest.mark.parametrize("text", [
    "\ufeff" + TEXT,
    TEXT.replace("\n", "\r\n"),
    "\n\n \n" + TEXT.replace("\n\n", "\n\n \t\n\u3000\n") + "\n\n",
    TEXT.rstrip("\n"),
    TEXT.replace("The cat sat.", "  The cat sat.\t"),
], ids=["byte order mark", "crlf", "several empty lines", "no last line end", "white space"])
def test_variants_of_the_format_read_the_same(tmp_path, text):
    assert list(read_documents(written(tmp_path, text))) == DOCUMENTS


def test_only_newlines_end_a_sentence(tmp_path):
    text = "one\u2028still one\x0cstill\x85one\ntwo\n"
    assert list(read_documents(written(tmp_path, text))) == [["one\u2028still one\x0cstill\x85one", "two"]]


def test_empty_file_has_no_documents(tmp_path):
    assert list(read_documents(written(tmp_path, ""))) == []
    assert list(read_documents(written(tmp_path, "\n \n\n"))) == []


def test_text_without_empty_lines_comes_in_pieces(tmp_path):
    lines = [f"sentence {i}" for i in range(2 * corpus.MAX_DOCUMENT_SENTENCES + 5)]
    documents = list(read_documents(written(tmp_path, "\n".join(lines))))
    assert [len(document) for document in documents] == [2000, 2000, 5]
    assert sum(documents, []) == lines


def test_exactly_full_document_leaves_no_empty_one_behind(tmp_path):
    lines = ["a"] * corpus.MAX_DOCUMENT_SENTENCES
    assert list(read_documents(written(tmp_path, "\n".join(lines) + "\n\nb\n"))) == [lines, ["b"]]


def test_long_sentences_are_cut_into_documents_earlier(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "MAX_DOCUMENT_CHARACTERS", 10)
    assert list(read_documents(written(tmp_path, "aaaa\nbbbb\ncccc\ndddd\n"))) == [
        ["aaaa", "bbbb", "cccc"], ["dddd"]]


def test_longest_allowed_line_passes_and_one_more_character_does_not(tmp_path):
    longest = "字" * corpus.MAX_LINE_CHARACTERS
    assert list(read_documents(written(tmp_path, f"a\n{longest}\r\n"))) == [["a", longest]]
    # four bytes a character: the bound is on characters, not on bytes
    longest = "𠀀" * corpus.MAX_LINE_CHARACTERS
    assert list(read_documents(written(tmp_path, f"\ufeff{longest}\r\n"))) == [[longest]]
    for one_too_many in (longest + "𠀀", "字" * corpus.MAX_LINE_CHARACTERS + "字"):
        with pytest.raises(ValueError, match=r"a\.txt, line 2: .*100,000 characters.*one sentence a line"):
            list(read_documents(written(tmp_path, f"a\n{one_too_many}\n")))


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_endless_line_is_not_read_into_memory(tmp_path, name):
    path = written(tmp_path, b"a\n" + b"x" * 40_000_000, name)
    tracemalloc.start()
    with pytest.raises(ValueError, match="line 2"):
        list(read_documents(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_large_file_streams_in_small_memory(tmp_path):
    path = written(tmp_path, b"ten letters and more of them\n" * 20 + b"\n", "a.txt")
    path.write_bytes(path.read_bytes() * 20_000)  # 11.6 MB
    tracemalloc.start()
    count = sum(1 for _ in read_documents(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000 and peak < 1_000_000


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path):
    path = written(tmp_path, "fine\n\nfine\n".encode() + "grün\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"a\.txt, line 4: not UTF-8 text \(0xfc at byte 2"):
        list(read_documents(path))
    with pytest.raises(ValueError, match=r"line 1: not UTF-8.*\.xz or \.gz"):
        list(read_documents(written(tmp_path, lzma.compress(TEXT.encode()))))  # packed, but named .txt


@pytest.mark.parametrize("name", ["a.txt.gz", "a.txt.xz"])
def test_damaged_archives_are_refused(tmp_path, name):
    text = "".join(f"sentence {os.urandom(20).hex()}\n" for _ in range(5000)).encode()
    path = written(tmp_path, text, name)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for broken in (whole[:len(whole) // 2], whole[:-3], bytes(flipped), b"", b"not an archive at all\n"):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"a\.txt\..z is a damaged or truncated \..z file.* line \d"):
            list(read_documents(path))


def test_documents_before_the_damage_still_arrive(tmp_path):
    path = written(tmp_path, "".join(f"s {os.urandom(20).hex()}\n\n" for _ in range(5000)), "a.txt.xz")
    path.write_bytes(path.read_bytes()[:-100])
    assert len(next(read_documents(path))) == 1


def test_missing_files_and_folders_are_refused_at_once(tmp_path):
    for read in (read_documents, lambda path: corpus_files([path])):
        with pytest.raises(FileNotFoundError, match="no corpus file .*nowhere"):
            read(tmp_path / "nowhere.txt")
        with pytest.raises(ValueError, match="is a folder"):
            read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
        corpus_files([tmp_path / "pipe"])


def test_corpus_files_keep_their_order_and_come_once(tmp_path):
    for name in "bca":
        (tmp_path / name).write_text("x")
    paths = [tmp_path / "c", str(tmp_path / "a"), tmp_path / "b"]
    assert corpus_files(paths) == [tmp_path / "c", tmp_path / "a", tmp_path / "b"]
    assert corpus_files(str(tmp_path / "a")) == [tmp_path / "a"]
    with pytest.raises(ValueError, match="No corpus file"):
        corpus_files([])
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for again in (tmp_path / "a", tmp_path / ".." / tmp_path.name / "a", tmp_path / "link"):
        with pytest.raises(ValueError, match="given twice"):
            corpus_files([tmp_path / "a", again])


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.xz"])
def test_progress_counts_stored_bytes_up_to_the_size_of_the_file(tmp_path, name):
    path = written(tmp_path, "".join(f"s {os.urandom(20).hex()}\n\n" for _ in range(5000)), name)
    seen = []
    list(read_documents(path, progress=seen.append))
    assert seen == sorted(seen) and seen[-1] == path.stat().st_size and len(set(seen)) > 2
