# %% q1
def build_vocab(sentences):
    vocab = {}
    for word in " ".join(sentences).split():
        vocab.setdefault(word, len(vocab))
    return vocab


# %% q2
def encode(sentences, vocab, max_len):
    rows = [[vocab[word] for word in sentence.split()] for sentence in sentences]
    return np.array([row + [PAD] * (max_len - len(row)) for row in rows])
