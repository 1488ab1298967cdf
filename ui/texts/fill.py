"""Fill in the blank: (English, Chinese)."""

TEXT = {
    "fill.name": ("Fill in the blank", "完形填空"),
    "fill.lead": ("BERT reads the words on **both sides** of a blank and says what could stand there. "
                  "This is the game it was trained on.",
                  "BERT 同时读空格**左右两边**的词，说出这里可能是什么。它就是靠这个游戏训练出来的。"),
    "fill.input": ("A sentence; [MASK] stands for a missing word", "一个句子，用 [MASK] 表示空格"),
    "fill.placeholder": ("The [MASK] sat on the mat.", "今天[MASK]气很好。"),
    "fill.click": ("Click a word to hide it, click [MASK] to bring it back", "点一个字词把它遮住，点 [MASK] 把它放回来"),
    "fill.empty": ("Type a sentence, or pick one above.", "请输入一个句子，或者点上面的例子。"),
    "fill.no_mask": ("There is no blank yet: click one of the words above, or write [MASK] into the "
                     "sentence.",
                     "还没有空格：点上面的一个词，或者在句子里写 [MASK]。"),
    "fill.mask_cut": ("The blank stands in the part that was left out: make the text before it shorter.",
                      "空格在没有读入的那一部分里：请把它前面的文字缩短。"),
    "fill.mask_written": ("A blank is written [MASK], in capitals.", "空格要写成大写的 [MASK]。"),
    "fill.no_head": ("This model is an encoder without the head that predicts words, so it cannot fill "
                     "blanks. Choose another model in the sidebar; attention and words in context work "
                     "with this one.",
                     "这个模型只有编码器，没有预测词的输出头，所以不能填空。请在侧栏换一个模型；“注意力”和“语境中的词”两页可以用它。"),
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
    "fill.bits": ("surprise in bits", "单位：比特"),
    "fill.itself": ("the word itself", "这个词本身"),
    "fill.alternatives": ("most probable here", "这里最可能的词"),
    "fill.numbers": ("The figures, and the best alternatives", "具体数字与最可能的其他词"),
    "fill.view": ("View", "视图"),
    "fill.view_answers": ("Answers", "答案"),
    "fill.view_together": ("Together", "联合填写"),
    "fill.view_layers": ("Layer by layer", "逐层"),
    "fill.view_words": ("Which words decided?", "哪些词起了作用？"),
    "fill.words_lead": ("What does the answer **rest on**? Hide one more word and ask again: where the answer becomes less "
                        "probable, it rested on that word.",
                        "这个答案**靠的是什么**？再多遮住一个词，重新问一遍：答案的概率降了，就说明它靠的是那个词。"),
    "fill.view_surprise": ("Surprise", "意外程度"),
    "fill.view_two": ("Two models", "两个模型"),
    "fill.together_lead": ("All blanks are filled **together**: the surest one first, the others knowing what went into "
                           "it, with several ways kept open. The figure says how well the words fit each other and the "
                           "sentence: the sum of ln p of each word, given everything else; a bar is as long as its filling is probable beside the best.",
                           "所有空格**一起**填：先填最有把握的，再在已填内容的基础上填其余的，同时保留多种可能。数字表示这些词彼此之间以及与全句的契合程度：在其余一切已知的条件下，每个词的 ln p 之和；横条的长度是与最佳填法相比的概率。"),
    "fill.alone": ("one at a time", "逐个填写"),
    "fill.together_same": ("Filling each blank by itself gives the same words here.", "在这个句子里，逐个填写得到的词也一样。"),
    "fill.together_better": ("Together the model finds words that fit each other {times} times better than its best "
                             "guesses one at a time.",
                             "一起填写找到的词，彼此契合的程度是逐个填写的 {times} 倍。"),
    "fill.together_worse": ("Here the best guesses one at a time fit better than anything the search has found.",
                            "在这里，逐个填写的最佳猜测比搜索找到的组合更契合。"),
    "fill.layers_lead": ("What would the model answer if it stopped after **each layer**? The output head was trained on "
                         "the last layer only, so early rows show what can already be read there. The final answer is "
                         "underlined.",
                         "如果模型在**每一层**之后就停下来，会怎样回答？输出头只在最后一层上训练过，所以前面几行显示那里已经能读出什么。带下划线的是最终答案。"),
    "fill.layer": ("layer {layer}", "第 {layer} 层"),
    "fill.embeddings": ("embeddings", "嵌入层"),
    "fill.surprise_lead": ("Every word is hidden **once**, all others stay, and the model says how probable the hidden "
                           "one is. Point at a word, or tap it, to see what it expected instead.",
                           "每个字词都单独被遮住**一次**，其余不动，模型说出被遮住的有多可能。指向（或点按）一个字词，可以看到它原本期待什么。"),
    "fill.pll": ("ln p of all words, each from its context (nats)", "所有词的 ln p 之和，各由上下文得出（奈特）"),
    "fill.perplexity": ("perplexity: as if choosing among this many equally likely words", "困惑度：相当于要在这么多个同样可能的词里选一个"),
    "fill.known": ("of the words cost less than one bit", "的字词不到 1 比特"),
    "fill.surprise_note": ("This is the pseudo-log-likelihood of the sentence: compare it for two wordings of the same "
                           "length, such as a right and a wrong word.",
                           "这就是句子的伪对数似然：可以用来比较两种长度相同的说法，例如用对词和用错词。"),
    "fill.two_lead": ("The same sentence, **two models**: which one expects what?", "同一个句子，**两个模型**：它们各自期待什么？"),
    "fill.two_none": ("There is no second model yet. Train one on the page “Pretrain and watch”, or put a BERT folder into "
                      "saved_models.",
                      "还没有第二个模型。可以在“亲眼看预训练”页面训练一个，或者把一个 BERT 文件夹放进 saved_models。"),
    "fill.other_model": ("The other model", "另一个模型"),
    "fill.two_vocabularies": ("The two models cut words differently, so how surprised each is cannot be compared: compare "
                              "their answers.",
                              "两个模型切分词的方式不同，它们的意外程度不能相比：请比较答案。"),
}
