"""Words in context: (English, Chinese)."""

TEXT = {
    "words.name": ("Words in context", "语境中的词"),
    "words.lead": ("word2vec has **one** vector for a word, whatever it means here. BERT makes a **new** "
                   "one in every sentence. Watch one word move.",
                   "word2vec 给一个词**唯一**的向量，不管它在这里是什么意思；BERT 在每个句子里都给它一个**新**的向量。看同一个词怎样移动。"),
    "words.word": ("Word", "词"),
    "words.sentences": ("Sentences with this word, one a line", "含有这个词的句子，每行一个"),
    "words.layer": ("Layer", "层"),
    "words.layer_help": ("0 is the embedding, before any context was mixed in (it knows the position, "
                         "though); with each layer more of the sentence flows into the word.",
                         "0 是嵌入层，还没有混入语境（但已含有位置）；每过一层，就有更多的句子内容流进这个词。"),
    "words.empty": ("Type a word and at least two sentences that contain it.", "请输入一个词，以及至少两个含有它的句子。"),
    "words.missing": ("Left out, since “{word}” is not in them: {sentences}",
                      "以下句子里没有“{word}”，已略过：{sentences}"),
    "words.few": ("At least two sentences with the word are needed for a comparison.",
                  "至少要有两个含有这个词的句子才能比较。"),
    "words.map": ("BERT: a vector for every sentence", "BERT：每个句子一个向量"),
    "words.map_note": ("Each dot is “{word}” in one sentence, at layer {layer}. The map shows {share} of "
                       "the differences.",
                       "每个点是一个句子里的“{word}”（第 {layer} 层）。这张图呈现了差异的 {share}。"),
    "words.own": ("your own sentences", "自己写的句子"),
    "words.list": ("The sentences", "这些句子"),
    "words.matrix": ("How alike the vectors are", "向量有多相似"),
    "words.matrix_note": ("Cosine of every two sentences: 1 is the same direction.",
                          "每两个句子之间的余弦：1 表示方向完全相同。"),
    "words.same": ("average cosine, same sense", "同一个意思的平均余弦"),
    "words.different": ("average cosine, different senses", "不同意思的平均余弦"),
    "words.mean": ("average cosine of the word with itself", "这个词与自己的平均余弦"),
    "words.baseline": ("average cosine of two random words here: read all others against this",
                       "这里任意两个词的平均余弦：其他数字要和它比较"),
    "words.static_cosine": ("cosine in word2vec, always", "word2vec 中的余弦，永远如此"),
    "words.static": ("word2vec: one vector that never moves", "word2vec：一个永远不动的向量"),
    "words.static_map": ("All {count} sentences share one dot; around it, the nearest words. No layer, "
                         "no change.",
                         "{count} 个句子共用一个点；周围是最近的词。没有层，也没有变化。"),
    "words.nearest": ("Its nearest words mix all senses:", "它最近的词把各种意思混在一起："),
    "words.static_unknown": ("“{word}” is not among the {count} words that word2vec knows.",
                             "word2vec 所知的 {count} 个词里没有“{word}”。"),
    "words.static_none": ("There are no word2vec vectors beside this model.", "没有随附的 word2vec 向量。"),
    "words.cosine": ("cosine", "余弦"),
}
