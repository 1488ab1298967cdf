"""Fill in the blank: (English, Chinese)."""

TEXT = {
    "fill.name": ("Fill in the blank", "完形填空"),
    "fill.lead": ("BERT reads the words on **both sides** of a blank and says what could stand there. "
                  "This is the game it was trained on.",
                  "BERT 同时读空格**左右两边**的词，说出这里可能是什么。它就是靠这个游戏训练出来的。"),
    "fill.input": ("A sentence; [MASK] stands for a missing word", "一个句子，用 [MASK] 表示空格"),
    "fill.placeholder": ("The [MASK] sat on the mat.", "今天[MASK]气很好。"),
    "fill.click": ("Click a word to hide it, click [MASK] to bring it back", "点一个词把它遮住，点 [MASK] 把它放回来"),
    "fill.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "fill.no_mask": ("There is no blank yet: click one of the words above, or write [MASK] into the "
                     "sentence.",
                     "还没有空格：点上面的一个词，或者在句子里写 [MASK]。"),
    "fill.no_head": ("This model is an encoder without the head that predicts words, so it cannot fill "
                     "blanks. Choose another model in the sidebar; attention and words in context work "
                     "with this one.",
                     "这个模型只有编码器，没有预测词的输出头，所以不能填空。请在侧栏换一个模型；注意力和语境中的词两页可以用它。"),
    "fill.blank": ("Blank {number}", "空格 {number}"),
    "fill.best": ("With the best guess", "填入最可能的词"),
    "fill.independent": ("Each blank is filled without knowing what goes into the others.",
                         "每个空格单独填写，并不知道其他空格填了什么。"),
    "fill.top_k": ("Answers per blank", "每空的答案数"),
    "fill.everywhere": ("What it says at every position", "它在每个位置会说什么"),
    "fill.everywhere_lead": ("Nothing more is hidden here: the model sees every word, and says how "
                             "probable it finds it. Surprise is counted in bits: 1 bit is a coin toss, "
                             "10 bits one chance in a thousand.",
                             "这里没有再遮住别的词：模型看得见每个词，并说出它觉得这个词有多可能。意外程度以比特计：1 比特相当于抛一次硬币，10 比特约为千分之一的机会。"),
    "fill.expected": ("expected", "意料之中"),
    "fill.surprising": ("surprising", "出乎意料"),
    "fill.hidden": ("hidden: its best guess", "被遮住：它的最佳猜测"),
    "fill.bits": ("surprise in bits", "意外程度（比特）"),
    "fill.itself": ("the word itself", "这个词本身"),
    "fill.alternatives": ("most probable here", "这里最可能的词"),
    "fill.numbers": ("The figures, and the best alternatives", "具体数字与最可能的其他词"),
}
