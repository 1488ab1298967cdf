"""One head, step by step: (English, Chinese)."""

TEXT = {
    "onehead.name": ("One head, step by step", "一个注意力头，一步一步"),
    "onehead.lead": ("How does one head decide where one token looks? With a multiplication, a softmax and a weighted "
                     "**sum**. Here are the model's real numbers.",
                     "一个头怎样决定一个词元看哪里？一次相乘、一次 softmax、一次**加权求和**。这里是模型的真实数字。"),
    "onehead.layer": ("Layer", "层"),
    "onehead.head": ("Head", "头"),
    "onehead.token": ("Token that looks", "在看的词元"),
    "onehead.key": ("Token it is compared with", "与之比较的词元"),
    "onehead.query_title": ("A query for “{token}”", "“{token}”的查询"),
    "onehead.query_text": ("The token's {hidden} numbers from the layer below, times a learned matrix, plus a "
                           "learned offset, give {size} numbers: what this head looks for.",
                           "这个词元在上一层输出的 {hidden} 个数，乘以一个学到的矩阵，再加上学到的偏置，得到 {size} 个数：这个头在找什么。"),
    "onehead.query": ("query", "查询"),
    "onehead.key_title": ("A key for every token, here “{token}”", "每个词元都有一个键，这里是“{token}”的"),
    "onehead.key_text": ("Another matrix gives what each token is found by. Query and key are multiplied number by "
                         "number and added up: the dot product.",
                         "另一个矩阵给出每个词元凭什么被找到。查询与键逐个数相乘再相加，就是点积。"),
    "onehead.key_of": ("key", "键"),
    "onehead.product": ("product", "乘积"),
    "onehead.score_title": ("Divided by the square root of {size}, then softmax", "除以 {size} 的平方根，再做 softmax"),
    "onehead.score_text": ("The division keeps vectors with many numbers from giving huge scores. Softmax raises e to the power of "
                           "each score (less the largest, {largest}) and divides by the sum, {total}: all weights "
                           "together are 100%.",
                           "这个除法使维数多的向量不会给出过大的分数。softmax 先把每个分数减去最大的 {largest}，再以 e 为底取指数，最后除以总和 {total}：所有权重加起来是 100%。"),
    "onehead.dot": ("q · k", "q · k"),
    "onehead.score": ("score", "分数"),
    "onehead.power": ("e^(score − {largest})", "e^(分数 − {largest})"),
    "onehead.weight": ("weight", "权重"),
    "onehead.value_title": ("The values, weighted and added up", "值的加权求和"),
    "onehead.value_text": ("A third matrix gives what each token hands over. Each value counts as much as its weight; "
                           "their sum is what this head passes on for “{token}”.",
                           "第三个矩阵给出每个词元交出什么。每个值按权重计入，它们的和就是这个头为“{token}”传下去的东西。"),
    "onehead.others": ("{count} others", "其他 {count} 个"),
    "onehead.output": ("sum", "总和"),
    "onehead.after": ("All heads of the layer do this side by side; their sums are put next to each other, go through "
                      "one more matrix and are added to what the token already was.",
                      "这一层的所有头同时各做一遍；它们的结果并排放好，再经过一个矩阵，加到词元原来的数字上。"),
    "onehead.colors": ("Each cell is one number: blue positive, orange negative, faint near 0. Point at it to read it.",
                       "每一格是一个数：蓝色为正，橙色为负，颜色越淡越接近 0。指向它可以看到数值。"),
}
