"""The files for TensorBoard, read back by TensorFlow itself."""

import pytest

from bert_tf.training.event_file import EventFile, crc32c
from bert_tf.training.run_folder import RunFolder


def test_the_checksum_is_crc32c():
    assert crc32c(b"123456789") == 0xE3069283 and crc32c(b"") == 0  # the check value of the standard
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def events(path):
    from tensorflow.compat.v1.train import summary_iterator

    return list(summary_iterator(str(path)))  # checks the checksums


def test_tensorflow_reads_every_figure(tmp_path):
    file = EventFile(tmp_path / "tensorboard", first_step=7)
    file.add({"step": 300, "mlm_loss": 2.5, "learning_rate": 1e-3, "batch_size": 64})
    file.add({"step": 301, "heldout": "zh", "mlm_loss": 2.25})
    version, begin, train, heldout = events(file.path)
    assert version.file_version == "brain.Event:2"
    assert begin.step == 7 and begin.session_log.status == begin.session_log.START
    assert train.step == 300 and train.wall_time > 1e9
    values = {value.tag: value.simple_value for value in train.summary.value}
    assert values == pytest.approx({"train/mlm_loss": 2.5, "train/learning_rate": 1e-3, "train/batch_size": 64})
    assert [(value.tag, value.simple_value) for value in heldout.summary.value] == [("heldout-zh/mlm_loss", 2.25)]


def test_a_run_writes_one_beside_its_metrics(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.create({})
    for step in (10, 20):
        run.append_metrics({"step": step, "loss": 1.0})
    (file,) = (run.path / "tensorboard").iterdir()
    assert [event.step for event in events(file)] == [0, 10, 10, 20]
