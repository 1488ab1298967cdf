"""Text files that are there whole or not at all."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from bert_tf import text_files
from bert_tf.text_files import write_atomically


def test_what_cannot_be_written_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "a.json").write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "a.json", "half a character: \ud83d")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_threads_may_write_one_file_at_once(tmp_path):
    def write(number: int) -> None:
        for _ in range(100):
            write_atomically(tmp_path / "status.json", str(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))  # raises what a thread raised
    assert (tmp_path / "status.json").read_text() in set("0123") and len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_being_read_is_replaced_a_moment_later(tmp_path, monkeypatch):
    path, tries, replace = tmp_path / "status.json", [], os.replace

    def busy(*paths):  # as Windows does while a reader has the file open
        tries.append(paths)
        if len(tries) % 3:
            raise PermissionError(13, "Access is denied")
        replace(*paths)

    monkeypatch.setattr(os, "replace", busy)
    write_atomically(path, "3")
    assert path.read_text() == "3" and len(tries) == 3
    monkeypatch.setattr(text_files.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(PermissionError(13, "Access is denied")))
    with pytest.raises(PermissionError):
        write_atomically(path, "4")
    assert [path.read_text()] == [file.read_text() for file in tmp_path.iterdir()] == ["3"]
