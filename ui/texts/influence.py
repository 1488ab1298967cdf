"""The words that an answer rests on: (English, Chinese)."""

TEXT = {
    "influence.name": ("Which words decided?", "哪些词起了作用？"),
    "influence.for": ("speaks for “{label}”", "支持“{label}”"),
    "influence.against": ("speaks against it", "不支持它"),
    "influence.without": ("without this word “{label}” has {share}", "遮住这个词，“{label}”的概率是 {share}"),
    "influence.heaviest": ("Every word is hidden in turn, and the model answers again. The heaviest here is “{word}”: "
                           "without it “{label}” has {without} instead of {share}.",
                           "依次遮住每个词，让模型重新回答。这里分量最重的是“{word}”：遮住它，“{label}”的概率"
                           "从 {share} 变成 {without}。"),
    "influence.heaviest_of_pair": ("Every word is hidden in turn, and the model answers again. The heaviest here is “{word}” "
                                   "in {sentence}: without it “{label}” has {without} instead of {share}.",
                                   "依次遮住每个词，让模型重新回答。这里分量最重的是 {sentence} 句里的“{word}”：遮住它，“{label}”的"
                                   "概率从 {share} 变成 {without}。"),
    "influence.none": ("There is no other word that could be hidden.", "没有别的词可以遮住。"),
}
