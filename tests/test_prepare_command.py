"""`python -m bert_tf prepare`, and a pretraining on what it made."""

import pytest

from bert_tf.__main__ import main
from bert_tf.data.shards import TokenShards
from bert_tf.pretrain_command import parse_shares
from bert_tf.training.run_folder import RunFolder


@pytest.fixture
def corpus(tmp_path):
    """An English and a Chinese file."""
    texts = {"en": "The cat sat on the mat.\nIt was a sunny day.\n\nBirds sing in the trees.\nThey are small.\n\n",
             "zh": "今天天气很好。\n我们去公园吃苹果。\n\n小猫在睡觉。\n它很小。\n\n"}
    paths = []
    for language, text in texts.items():
        paths.append(tmp_path / f"{language}.txt")
        paths[-1].write_text(text * 60, encoding="utf-8")
    return [str(path) for path in paths]


def test_prepared_shards_train_with_shares_and_whole_words(tmp_path, corpus, capsys):
    folder = str(tmp_path / "shards")
    assert main(["prepare", folder, *corpus, "--vocab-size", "200", "--whole-words", "--processes", "1"]) == 0
    shown = capsys.readouterr().out
    shards = TokenShards.open(folder)
    assert f"{shards.total_tokens:,}" in shown and [shard.name for shard in shards.shards] == ["en", "zh"]
    assert all(shard.words is not None for shard in shards.shards)
    command = ["pretrain", "--run", str(tmp_path / "run"), "--config", "tiny", "--corpus", *corpus, "--shards", folder,
               "--steps", "3", "--stages", "16x4", "--max-position-embeddings", "16", "--log-every", "1",
               "--whole-words", "--swapped-rate", "0.2", "--mixed-precision", "float32"]
    assert main([*command, "--shares", "en=0.25", "zh=0.75"]) == 0
    assert (tmp_path / "run" / "checkpoints").is_dir()
    assert main(["prepare", folder, *corpus, "--vocab-size", "200"]) == 0  # of which the text gave fewer
    for more, wrong in ([["--vocab-size", "150"], "has 163 pieces, not 150"], [["--cased"], "is uncased, not cased"]):
        assert main(["prepare", folder, *corpus, *more]) == 1 and wrong in capsys.readouterr().err
        assert main(["prepare", str(tmp_path / "new"), *corpus, "--tokenizer", f"{folder}/tokenizer", *more]) == 1
        assert wrong in capsys.readouterr().err
        assert main([*command[:2], str(tmp_path / "other"), *command[3:], *more]) == 1
        assert wrong in capsys.readouterr().err
    assert RunFolder(tmp_path / "run").config()["vocab_size"] == 163
    assert main([*command[:2], str(tmp_path / "other"), *command[3:], "--shares", "fr=1"]) == 1
    assert "belongs to none" in capsys.readouterr().err


def test_prepare_says_what_is_wrong(tmp_path, corpus, capsys):
    assert main(["prepare", str(tmp_path / "shards"), str(tmp_path / "nowhere.txt")]) == 1
    assert "nowhere.txt" in capsys.readouterr().err
    for name, pieces in (("shards", "200"), ("others", "150")):
        assert main(["prepare", str(tmp_path / name), *corpus, "--vocab-size", pieces, "--processes", "1"]) == 0
    assert main(["prepare", str(tmp_path / "shards"), *corpus, "--tokenizer", str(tmp_path / "others/tokenizer")]) == 1
    assert "another vocabulary" in capsys.readouterr().err


def test_shares_are_read_from_the_command_line():
    assert parse_shares(["en=0.4", "zh=0.6"]) == {"en": 0.4, "zh": 0.6}
    for parts in (["en"], ["=1"], ["en=a"], ["en=1", "en=2"]):
        with pytest.raises(ValueError, match="PART=SHARE"):
            parse_shares(parts)
