"""The first page: (English, Chinese)."""

TEXT = {
    "home.name": ("Start", "首页"),
    "home.title": ("See what BERT does", "看见 BERT"),
    "home.lead": ("Type a sentence, in English or Chinese, and watch a small BERT read it. The model "
                  "runs **on this computer**; the bundled one was pretrained **from scratch** by this very program.",
                  "输入一个中文或英文句子，看一个小型 BERT 怎样读它。模型就在**这台电脑上**运行；随附的模型由这个程序**从零**预训练而成。"),
    "home.fill": ("Hide a word and see what the model would put there.", "遮住一个词，看模型会填什么。"),
    "home.pair": ("Ask whether one sentence follows another.", "问问一句话是不是接着另一句。"),
    "home.attention": ("See which words each head looks at, layer by layer.", "看每一层的每个头在看哪些词。"),
    "home.words": ("Watch “bank” take another place in another sentence.", "看“苹果”在不同的句子里落在不同的位置。"),
    "home.more": ("Go deeper", "更进一步"),
    "home.heads": ("Switch a head off and see what changes in the answer.", "关掉一个头，看答案会怎样变化。"),
    "home.onehead": ("One head’s arithmetic, step by step, with the real numbers.", "一个头的计算，一步一步，用真实的数字。"),
    "home.static": ("word2vec: neighbours, king − man + woman, and training it live.",
                    "word2vec：近邻、父亲 − 男 + 女，还可以现场训练。"),
    "home.data": ("The pairs and masks a model is trained on, drawn before your eyes.", "训练用的句子对和掩码，现场抽给你看。"),
    "home.pretraining": ("Start a pretraining run and watch the model learn, live.", "开始一次预训练，现场看模型学习。"),
    "home.tune": ("Teach a task by examples, beside a twin that was never pretrained.",
                  "用例子教它一项任务，和一个没有预训练过的对照网络比一比。"),
    "home.art_words": ("The|cat|[MASK]|on|the|mat", "今|天|天|[MASK]|很|好"),
    "home.art_first": ("The sun went down.", "太阳落山了。"),
    "home.art_second": ("The sky turned red.", "天空变红了。"),
}
