"""What do heads do?: (English, Chinese)."""

TEXT = {
    "heads.name": ("What do heads do?", "注意力头在做什么？"),
    "heads.lead": ("Attention is **not** an explanation: that a head looks at a word does not mean that the answer "
                   "rests on it. Take something away and see.",
                   "注意力**不是**解释：一个头看着某个词，并不说明答案取决于它。拿掉一样东西，看看会怎样。"),
    "heads.view": ("What to try", "试什么"),
    "heads.roles": ("Name the heads", "给头起名"),
    "heads.off": ("Switch off", "关掉"),
    "heads.hide": ("Hide a word", "遮住一个词"),
    "heads.rank": ("Rank all", "全部排名"),
    "heads.needs_answer": ("There is no answer to compare yet: write [MASK] for a word, or add a second sentence.",
                           "还没有可以比较的答案：用 [MASK] 代替一个词，或者加上第二句。"),
    # roles
    "heads.role_previous": ("previous token", "前一个词元"),
    "heads.role_next": ("next token", "后一个词元"),
    "heads.role_first": ("first, [CLS]", "首个 [CLS]"),
    "heads.role_separator": ("separator", "分隔符"),
    "heads.role_same_word": ("same word", "同一个词"),
    "heads.role_broad": ("broad", "分散"),
    "heads.role_mixed": ("mixed", "混合"),
    "heads.entropy": ("entropy {share}", "熵 {share}"),
    "heads.of_weight": ("{share} of the weight", "占权重的 {share}"),
    "heads.of_breadth": ("{share} of the largest entropy", "为最大熵的 {share}"),
    "heads.roles_note": (
        "Each head is named after the place that gets most of its weight on this text, if that is at least 30% and "
        "1.5 times what looking at all tokens alike would give. A head without such a place is broad when its entropy "
        "is at least 75% of the largest possible, and mixed otherwise. Counted is where the words look, not where [CLS] "
        "and [SEP] look. “Same word” means the other pieces of a split word and repetitions. On another text a head may get "
        "another name.",
        "每个头按它在这段文本上权重最多的去处起名，条件是至少占 30%，并且至少是平均看所有词元时的 1.5 倍。没有这样的去处时，熵达到最大值的 75% 就叫“分散”，否则叫“混合”。只统计由词发出的注意力，不统计由 [CLS] 和 [SEP] 发出的。“同一个词”指被切开的词的其他部分和重复出现的词。换一段文本，名字可能不同。"),
    "heads.all_measures": ("All measures", "全部数值"),
    "heads.chance": ("if all alike", "平均分配时"),
    "heads.breadth": ("entropy", "熵"),
    "heads.which": ("Head", "头"),
    "heads.role": ("name", "名字"),
    # switching off
    "heads.what": ("What to switch off", "关掉什么"),
    "heads.one": ("One head", "一个头"),
    "heads.layer_off": ("All heads of a layer", "一层的所有头"),
    "heads.edge": ("One connection", "一条连接"),
    "heads.layer": ("Layer", "层"),
    "heads.head": ("Head", "头"),
    "heads.from": ("Token that looks", "在看的词元"),
    "heads.to": ("Token looked at", "被看的词元"),
    "heads.edge_note": ("This connection has a weight of {weight}. The others of that head stay as they are.",
                        "这条连接的权重是 {weight}。这个头的其他连接不变。"),
    "heads.word": ("Word to hide", "要遮住的词"),
    "heads.hide_by": ("How", "怎样遮住"),
    "heads.mask": ("Behind [MASK]", "换成 [MASK]"),
    "heads.unknown": ("As an unknown word", "换成未知词"),
    "heads.attention": ("Unseen by all heads", "所有头都看不见"),
    "heads.no_word": ("There is no word to hide here.", "这里没有可以遮住的词。"),
    # effects
    "heads.mask_number": ("[MASK] {number}", "第 {number} 个 [MASK]"),
    "heads.before": ("before", "之前"),
    "heads.after": ("after", "之后"),
    "heads.moved": ("“{word}” {before} → {after}; {share} of the probability changed place",
                    "“{word}”{before} → {after}；有 {share} 的概率换了位置"),
    "heads.same": ("The answer stays “{word}”.", "答案仍是“{word}”。"),
    "heads.other": ("The answer changes from “{before}” to “{after}”.", "答案从“{before}”变成“{after}”。"),
    "heads.pair": ("B follows A", "B 是 A 的下一句"),
    # ranking
    "heads.rank_what": ("What to take away, one at a time", "逐个拿掉什么"),
    "heads.heads": ("Every head", "每个头"),
    "heads.words": ("Every word", "每个词"),
    "heads.working": ("{done} of {count}", "{count} 个中的第 {done} 个"),
    "heads.rank_note": ("Each figure is how much probability changes place when that head alone is off (with no "
                        "[MASK]: how far the pair's probability moves). Small figures are common: other heads step in.",
                        "每个数字是只关掉这一个头时换了位置的概率（没有 [MASK] 时，是句子对概率的变化）。数字常常很小：别的头会补上。"),
    "heads.rank_words_note": ("Each figure is how much probability changes place when that word alone is behind [MASK] "
                              "(with no blank in the text: how far the pair's probability moves).",
                              "每个数字是只把这个词换成 [MASK] 时换了位置的概率（文本里没有空格时，是句子对概率的变化）。"),
    "heads.strongest": ("The strongest", "影响最大的"),
    "heads.taken": ("taken away", "拿掉"),
    "heads.moves": ("moves", "转移的概率"),
    "heads.answer": ("the answer, before → after", "原来的答案，之前 → 之后"),
    "heads.now": ("first now: {word} {share}", "现在第一：{word} {share}"),
    "heads.at": ("{word} (token {place})", "{word}（第 {place} 个词元）"),
    "heads.place": ("Layer {layer} · Head {head}", "第 {layer} 层 · 头 {head}"),
}
