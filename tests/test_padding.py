"""Batches of few shapes, worked by hand."""

import numpy as np

from bert_tf.padding import bucket, padded


def test_buckets():
    assert [bucket(n, 512) for n in (1, 16, 17, 32, 33, 200, 257, 512)] == [16, 16, 32, 32, 64, 256, 512, 512]
    assert [bucket(n, 40) for n in (1, 33, 40)] == [16, 40, 40]
    assert [bucket(n, 512, shortest=4) for n in (2, 4, 5, 9)] == [4, 4, 8, 16]


def test_texts_are_padded_and_rows_without_one_see_their_first_token():
    texts = [(np.array([2, 7, 3]), np.array([0, 0, 1])), (np.array([2, 3]), np.array([0, 0]))]
    batch = padded(texts, length=4, pad_token_id=9, rows=3)
    assert {key: (values.dtype, values.tolist()) for key, values in batch.items()} == {
        "token_ids": (np.int32, [[2, 7, 3, 9], [2, 3, 9, 9], [9, 9, 9, 9]]),
        "segment_ids": (np.int32, [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        "padding_mask": (np.int32, [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])}
    assert padded(texts, length=4, pad_token_id=9)["token_ids"].shape == (2, 4)
