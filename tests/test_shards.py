"""Token shards: they hold what tokenizing by hand gives, and nothing half-done is ever taken for done."""

import errno
import hashlib
import json
import lzma
import os
import pickle
import resource
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from bert_tf.data.shards import TokenShards, prepare
from bert_tf.tokenizer import WordPieceTokenizer

ROOT = Path(__file__).resolve().parents[1]
VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat ##s sat . 太 阳 升 起 。".split()
ENGLISH = "The cat sat.\nThe cats.\n\nCat.\n\n\u200b\nSat the cats.\n"  # \u200b alone has no piece
CHINESE = "太阳升起。\n太阳。\n"


class NumberTokenizer:
    """Takes a text of numbers for its own token ids."""

    def __init__(self, vocab_size=1000, vocab_hash="numbers"):
        self.vocab_size, self.vocab_hash, self.calls = vocab_size, vocab_hash, 0

    def token_ids(self, text):
        self.calls += 1
        return [int(word) for word in text.split() if word.isdigit()]


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "en.txt").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "zh.txt.xz").write_bytes(lzma.compress(CHINESE.encode()))
    return [tmp_path / "zh.txt.xz", tmp_path / "en.txt"]


def numbers_file(path, documents=((("1 2", "3"), ("4",)))):
    path.write_text("\n\n".join("\n".join(document) for document in documents))
    return path


@pytest.mark.parametrize("processes", [1, 2])
def test_shards_hold_what_tokenizing_by_hand_gives(tmp_path, corpus, processes):
    tokenizer = WordPieceTokenizer(VOCABULARY)
    shards = prepare(corpus, tokenizer, tmp_path / "tokens", processes=processes)
    chinese, english = shards.shards
    assert (chinese.name, english.name) == ("zh", "en")
    # the cat sat . | the cat ##s . || cat . || sat the cat ##s .
    assert english.tokens.tolist() == [5, 6, 8, 9, 5, 6, 7, 9, 6, 9, 8, 5, 6, 7, 9]
    assert english.sentences.tolist() == [0, 4, 8, 10, 15]
    assert english.documents.tolist() == [0, 2, 3, 4]
    assert chinese.tokens.tolist() == [10, 11, 12, 13, 14, 10, 11, 14]
    assert chinese.sentences.tolist() == [0, 5, 8] and chinese.documents.tolist() == [0, 2]
    assert (shards.total_tokens, shards.total_sentences, shards.total_documents) == (23, 6, 4)
    assert (shards.vocab_size, shards.vocab_hash) == (15, tokenizer.vocab_hash)
    manifest = json.loads((tmp_path / "tokens" / "manifest.json").read_text())
    stat = corpus[1].stat()
    assert manifest["shards"]["en"] == {
        "source": "en.txt", "source_bytes": stat.st_size, "source_mtime_ns": stat.st_mtime_ns,
        "source_sha256": hashlib.sha256(corpus[1].read_bytes()).hexdigest(), "documents": 3, "sentences": 4, "tokens": 15}
    assert manifest["pending"] == [] and manifest["vocab_hash"] == tokenizer.vocab_hash
    assert not list((tmp_path / "tokens").glob("*.part"))


def test_opened_shards_are_memory_maps_and_the_same(tmp_path, corpus):
    tokenizer = WordPieceTokenizer(VOCABULARY)
    made = prepare(corpus, tokenizer, tmp_path / "tokens", processes=1)
    assert [shard.name for shard in TokenShards.open(tmp_path / "tokens").shards] == ["en", "zh"]
    for opened in (TokenShards.open(tmp_path / "tokens", tokenizer=tokenizer),
                   TokenShards.open(tmp_path / "tokens", names=["zh", "en"]),
                   pickle.loads(pickle.dumps(made))):
        by_name = {shard.name: shard for shard in opened.shards}
        for shard in made.shards:
            assert isinstance(by_name[shard.name].tokens, np.memmap)
            for part in ("tokens", "sentences", "documents"):
                np.testing.assert_array_equal(getattr(by_name[shard.name], part), getattr(shard, part))
    assert [shard.name for shard in TokenShards.open(tmp_path / "tokens", names=["zh"]).shards] == ["zh"]
    with pytest.raises(ValueError, match="no shard fr; it has: "):
        TokenShards.open(tmp_path / "tokens", names=["fr"])


@pytest.mark.parametrize("vocab_size, dtype", [(65_536, np.uint16), (65_537, np.uint32)])
def test_ids_take_the_smallest_type_that_holds_them(tmp_path, vocab_size, dtype):
    path = numbers_file(tmp_path / "a.txt", [[f"0 {vocab_size - 1}", "7"]])
    shards = prepare([path], NumberTokenizer(vocab_size), tmp_path / "tokens", processes=1)
    assert shards.shards[0].tokens.dtype == dtype
    assert shards.shards[0].tokens.tolist() == [0, vocab_size - 1, 7]


def test_what_is_done_is_not_done_again(tmp_path):
    first, second = numbers_file(tmp_path / "1.txt"), numbers_file(tmp_path / "2.txt")
    folder, tokenizer = tmp_path / "tokens", NumberTokenizer()
    prepare([first], tokenizer, folder, processes=1)
    assert tokenizer.calls == 3
    both = prepare([first, second], tokenizer, folder, processes=1)
    assert [shard.name for shard in both.shards] == ["1", "2"]
    assert tokenizer.calls == 6  # only the second file
    prepare([second, first], tokenizer, folder, processes=1)
    assert tokenizer.calls == 6
    # The answer holds the files that were asked for, the folder all.
    assert [shard.name for shard in prepare([second], tokenizer, folder, processes=1).shards] == ["2"]
    assert [shard.name for shard in TokenShards.open(folder).shards] == ["1", "2"]

    numbers_file(first, [["9", "9 9"]])
    assert prepare([first, second], tokenizer, folder, processes=1).shards[0].tokens.tolist() == [9, 9, 9]
    assert tokenizer.calls == 8
    for time_ns in (0, 1):
        os.utime(second, ns=(time_ns, time_ns))  # the same text, only newer or older: a copy
        prepare([first, second], tokenizer, folder, processes=1)
        assert tokenizer.calls == 8
        assert json.loads((folder / "manifest.json").read_text())["shards"]["2"]["source_mtime_ns"] == time_ns
    numbers_file(second, [["3 2", "1"], ["4"]])  # as many letters, but other ones
    os.utime(second, ns=(2, 2))
    assert prepare([first, second], tokenizer, folder, processes=1).shards[1].tokens.tolist() == [3, 2, 1, 4]
    assert tokenizer.calls == 11


def test_a_shard_of_a_changed_file_is_no_longer_given_out(tmp_path):
    folder, path = tmp_path / "tokens", numbers_file(tmp_path / "1.txt")
    prepare([path], NumberTokenizer(), folder, processes=1)
    path.write_bytes(b"1 2\n\xff")
    with pytest.raises(ValueError, match="not UTF-8"):
        prepare([path], NumberTokenizer(), folder, processes=1)
    with pytest.raises(ValueError, match="no shard 1"):
        TokenShards.open(folder, names=["1"])


@pytest.mark.parametrize("name, change", [
    ("1.tokens.bin", lambda data: data[:-2]),
    ("1.tokens.bin", lambda data: data + b"\0\0"),
    ("1.sentences.npy", lambda data: data[:-8]),
    ("1.sentences.npy", lambda data: data[:40]),
    ("1.documents.npy", lambda data: b""),
    ("1.documents.npy", lambda data: data[:-8] + b"\x05" + b"\0" * 7),
    ("1.tokens.bin", None),
    ("1.sentences.npy", None),
])
def test_damaged_shards_are_refused_and_made_again(tmp_path, name, change):
    folder, tokenizer = tmp_path / "tokens", NumberTokenizer()
    path = numbers_file(tmp_path / "1.txt")
    prepare([path], tokenizer, folder, processes=1)
    whole = (folder / name).read_bytes()
    if change is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(change(whole))
    with pytest.raises(ValueError, match=r"1.*prepare the corpus again"):
        TokenShards.open(folder)
    prepare([path], tokenizer, folder, processes=1)
    assert (folder / name).read_bytes() == whole and tokenizer.calls == 6


SCRIPT = """
    import os, signal, sys, time
    from pathlib import Path
    from bert_tf.data.shards import prepare

    class Tokenizer:
        vocab_size, vocab_hash = 1000, "numbers"
        def token_ids(self, text):
            {body}
            return [int(word) for word in text.split()]

    if __name__ == "__main__":
        folder, names = Path(sys.argv[1]), sys.argv[2:] or ["1", "2"]
        prepare([folder / f"{{name}}.txt" for name in names], Tokenizer(), folder / "tokens", processes={processes})
"""


def run_script(folder, body, processes, names=()):
    path = folder / "script.py"
    path.write_text(textwrap.dedent(SCRIPT.format(body=body, processes=processes)))
    return subprocess.Popen([sys.executable, str(path), str(folder), *names], stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_a_killed_preparation_goes_on_where_it_stopped(tmp_path):
    numbers_file(tmp_path / "1.txt", [["1", "2"]] * 40)
    numbers_file(tmp_path / "2.txt", [["3", "4"]] * 10 + [["666"]])  # the smaller file comes second
    process = run_script(tmp_path, "if text == '666': os.kill(os.getpid(), signal.SIGKILL)", processes=1)
    assert process.wait(timeout=60) == -9
    folder, tokenizer = tmp_path / "tokens", NumberTokenizer()
    assert [path.name.split(".")[0] for path in folder.glob("*.part")] == ["2"]
    with pytest.raises(ValueError, match="unfinished, these are missing: 2.*Prepare the same files again"):
        TokenShards.open(folder)
    shards = prepare([tmp_path / "1.txt", tmp_path / "2.txt"], tokenizer, folder, processes=1)
    assert tokenizer.calls == 21  # the first file was done
    assert shards.shards[1].tokens.tolist() == [3, 4] * 10 + [666]
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("first, second", [("1", "2"), ("12", "21"), ("12", "13")])
def test_two_preparations_of_one_folder_at_once(tmp_path, first, second):
    for name in sorted({*first, *second}):
        numbers_file(tmp_path / f"{name}.txt", [[name, "5"]] * 20)
    slowly = f"open({str(tmp_path / 'seen')!r}, 'a').write('x'); time.sleep(0.01)"
    running = [run_script(tmp_path, slowly, 1, names) for names in (first, second)]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [("", 0)] * 2
    names, folder = sorted({*first, *second}), tmp_path / "tokens"
    assert [shard.name for shard in TokenShards.open(folder).shards] == names
    assert len((tmp_path / "seen").read_text()) == 40 * len(names)  # no file was tokenized twice
    for shard in TokenShards.open(folder).shards:
        assert shard.tokens.tolist() == [int(shard.name), 5] * 20
    assert not list(folder.glob("*.part"))


def test_one_that_waits_says_so_and_a_dead_holder_is_not_waited_for(tmp_path):
    numbers_file(tmp_path / "1.txt"), numbers_file(tmp_path / "2.txt")
    process = run_script(tmp_path, f"Path({str(tmp_path / 'begun')!r}).touch(); time.sleep(60)", 1, ["1"])
    while not (tmp_path / "begun").exists():
        time.sleep(0.05)
    tokenizer, seen = NumberTokenizer(), []

    def progress(done, total):
        seen.append(done)
        if len(seen) == 2:
            assert tokenizer.calls == 0
            process.kill()

    prepare([tmp_path / "2.txt"], tokenizer, tmp_path / "tokens", processes=1, progress=progress)
    process.communicate()
    assert tokenizer.calls == 3 and seen == sorted(seen) and len(seen) > 2


def test_finished_shards_open_where_nothing_can_be_written(tmp_path):
    path, folder, tokenizer = numbers_file(tmp_path / "1.txt"), tmp_path / "tokens", NumberTokenizer()
    prepare([path], tokenizer, folder, processes=1)
    (folder / ".lock").unlink()
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    prepare([path], tokenizer, folder, processes=1)
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    os.utime(path, ns=(3, 3))  # a copy, whose new time cannot be written down
    (folder / ".lock").mkdir()
    assert prepare([path], tokenizer, folder, processes=1).total_tokens == 4 and tokenizer.calls == 3
    numbers_file(tmp_path / "2.txt")
    with pytest.raises(ValueError, match="Cannot write token shards into"):
        prepare([tmp_path / "2.txt"], tokenizer, folder, processes=1)


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    def flock(file, how):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.warns(UserWarning, match="knows no locks: let one process at a time"):
        prepare([numbers_file(tmp_path / "1.txt")], NumberTokenizer(), tmp_path / "tokens", processes=1)


def test_the_death_of_a_process_is_told(tmp_path):
    numbers_file(tmp_path / "1.txt"), numbers_file(tmp_path / "2.txt", [["666", "1"]])
    process = run_script(tmp_path, "if text == '666': os.kill(os.getpid(), signal.SIGKILL)", processes=2)
    words = process.communicate(timeout=60)[1]
    assert process.returncode == 1 and "ValueError: The process for 2 ended with exit code -9" in words


def test_a_script_without_a_main_guard_is_told_about_it_and_does_not_hang(tmp_path):
    for name in "12":
        (tmp_path / f"{name}.txt").write_text(ENGLISH)
    (tmp_path / "script.py").write_text(textwrap.dedent(f"""
        from bert_tf.data.shards import prepare
        from bert_tf.tokenizer import WordPieceTokenizer
        many = {VOCABULARY!r} + [f"word{{i}}" for i in range(20_000)]  # more than the buffer of a pipe takes
        prepare(["1.txt", "2.txt"], WordPieceTokenizer(many), "tokens", processes=2)
        """))
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'has to stand below `if __name__ == "__main__":`' in done.stderr


def test_processes_end_when_their_parent_is_killed(tmp_path):
    for name in "12":
        numbers_file(tmp_path / f"{name}.txt", [["1", "2"]] * 5000)
    body = f"Path({str(tmp_path)!r}, f'{{os.getpid()}}.pid').touch(); time.sleep(0.01)"
    process = run_script(tmp_path, body, processes=2)

    def wait_until(fine):
        for _ in range(100):
            if fine():
                return True
            time.sleep(0.1)
        return False

    def workers():
        return [int(path.stem) for path in tmp_path.glob("*.pid")]

    def alive(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except FileNotFoundError:
            return False

    assert wait_until(lambda: len(workers()) == 2)
    process.kill()
    process.wait()
    process.stderr.close()
    assert wait_until(lambda: not any(alive(pid) for pid in workers()))


@pytest.mark.parametrize("processes", [1, 2])
def test_a_bad_file_is_told_and_the_others_can_still_be_prepared(tmp_path, corpus, processes):
    (tmp_path / "bad.txt").write_bytes(b"The cat.\n\xff\n")
    tokenizer, folder = WordPieceTokenizer(VOCABULARY), tmp_path / "tokens"
    with pytest.raises(ValueError, match=r"bad\.txt, line 2: not UTF-8"):
        prepare([*corpus, tmp_path / "bad.txt"], tokenizer, folder, processes=processes)
    with pytest.raises(ValueError, match="unfinished"):
        TokenShards.open(folder)
    prepare(corpus, tokenizer, folder, processes=processes)
    assert TokenShards.open(folder).total_tokens == 23
    assert not list(folder.glob("*.part"))


def test_another_vocabulary_is_refused_and_nothing_changes(tmp_path):
    path, folder = numbers_file(tmp_path / "1.txt"), tmp_path / "tokens"
    prepare([path], NumberTokenizer(1000, "first" * 4), folder, processes=1)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    message = (r"another vocabulary \(1,000 pieces, firstfirstfi\).*\(1,200 pieces, secondsecond\)"
               ".*into another folder")
    other = NumberTokenizer(1200, "second" * 4)
    with pytest.raises(ValueError, match=message):
        prepare([path], other, folder, processes=1)
    with pytest.raises(ValueError, match=message):
        TokenShards.open(folder, tokenizer=other)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_corpus_without_any_pair_is_refused(tmp_path):
    path = numbers_file(tmp_path / "1.txt", [["1"], ["2 3"], ["none", "4"]])
    with pytest.raises(ValueError, match="no document of at least two sentences"):
        prepare([path], NumberTokenizer(), tmp_path / "tokens", processes=1)
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ValueError, match="no document of at least two sentences"):
        prepare([tmp_path / "empty.txt"], NumberTokenizer(), tmp_path / "tokens2", processes=1)
    # Beside a good file an empty one does no harm.
    shards = prepare([tmp_path / "empty.txt", numbers_file(tmp_path / "2.txt")], NumberTokenizer(),
                     tmp_path / "tokens", processes=1)
    assert [len(shard.tokens) for shard in shards.shards] == [0, 4]


def test_folders_that_hold_no_shards_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no token shards in .*prepare a corpus"):
        TokenShards.open(tmp_path)
    folder = tmp_path / "tokens"
    prepare([numbers_file(tmp_path / "1.txt")], NumberTokenizer(), folder, processes=1)
    manifest = json.loads((folder / "manifest.json").read_text())
    record = manifest["shards"]["1"]
    for broken, message in (
            ({**manifest, "format_version": 9}, "format version 9; this program reads 1"),
            ({key: value for key, value in manifest.items() if key != "dtype"}, "lacks dtype"),
            ({**manifest, "shards": {"1": {**record, "tokens": 5}}}, "should have 10 bytes and has 8"),
            ({**manifest, "shards": {"1": {"tokens": 4}}}, "does not describe the shard 1 in full")):
        (folder / "manifest.json").write_text(json.dumps(broken))
        with pytest.raises(ValueError, match=message):
            TokenShards.open(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="not valid JSON"):
        TokenShards.open(folder)


def test_files_with_the_same_stem_are_refused(tmp_path):
    (tmp_path / "more").mkdir()
    paths = [numbers_file(tmp_path / "1.txt"), numbers_file(tmp_path / "more" / "1.txt")]
    with pytest.raises(ValueError, match="would both become the shard 1"):
        prepare(paths, NumberTokenizer(), tmp_path / "tokens")
    with pytest.raises(ValueError, match="processes should be an integer of at least 1, not 0"):
        prepare(paths[:1], NumberTokenizer(), tmp_path / "tokens", processes=0)
    with pytest.raises(FileNotFoundError):
        prepare([tmp_path / "nowhere.txt"], NumberTokenizer(), tmp_path / "tokens")
    assert not (tmp_path / "tokens").exists()


def test_a_disk_that_refuses_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    path = numbers_file(tmp_path / "1.txt", [["1 2 3 4"] * 2000])
    with pytest.raises(ValueError, match="Cannot write token shards into .*file"):
        prepare([path], NumberTokenizer(), tmp_path / "file", processes=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))  # as good as a full disk
    try:
        with pytest.raises(ValueError, match="Cannot write .* into .*tokens: File too large. Make room"):
            prepare([path], NumberTokenizer(), tmp_path / "tokens", processes=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(file.name for file in (tmp_path / "tokens").iterdir()) == [".lock", "manifest.json"]
    assert prepare([path], NumberTokenizer(), tmp_path / "tokens", processes=1).total_tokens == 8000


@pytest.mark.parametrize("processes", [1, 2])
def test_progress_rises_to_all_bytes(tmp_path, corpus, processes):
    total = sum(path.stat().st_size for path in corpus)
    for _ in range(2):  # the second time all is done already
        seen = []
        prepare(corpus, WordPieceTokenizer(VOCABULARY), tmp_path / "tokens", processes=processes,
                progress=lambda done, of: seen.append((done, of)))
        assert seen == sorted(seen) and seen[-1] == (total, total)
