# %% q2
def encode(sentences, vocab, max_len):
    rows = np.zeros((len(sentences), max_len), dtype=np.int32)
    for i, sentence in enumerate(sentences):
        ids = [vocab[word] for word in sentence.split()]
        rows[i, max_len - len(ids) :] = ids
    return rows
