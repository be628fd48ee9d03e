# %% q1
def build_vocab(sentences):
    return dict(zip(sorted(set(" ".join(sentences).split())), itertools.count(3)))


# %% q2
def encode(sentences, vocab, max_len):
    rows = []
    for sentence in sentences:
        row = [vocab[word] for word in sentence.split()]
        rows.append(row + [PAD] * (max_len - len(row)))
    return np.array(rows, dtype="int32")


# %% q3
def teacher_forcing_arrays(Y):
    dec_in, dec_out = [], []
    for row in Y.tolist():
        words = [word for word in row if word != PAD]
        rest = [PAD] * (len(row) - len(words))
        dec_in.append([START, *words, *rest])
        dec_out.append([*words, END, *rest])
    return [np.int32(dec_in), np.int32(dec_out)]


# %% q4
def token_accuracy(true, pred):
    counted = np.where(true != PAD, 1.0, 0.0)
    return np.sum((true == pred) * counted) / np.sum(counted)


def sequence_accuracy(true, pred):
    return sum(all(a == b for a, b in zip(t, p) if a != PAD) for t, p in zip(true, pred)) / len(true)


# %% predict
pred_11 = 1
pred_three = np.float64(0)
