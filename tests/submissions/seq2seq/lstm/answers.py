# %% q5
def build_seq2seq(src_size, tgt_size, units):
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    _, h, c = keras.layers.LSTM(units, return_state=True)(keras.layers.Embedding(src_size, units, mask_zero=True)(src))
    read = keras.layers.Embedding(tgt_size, units)(dec_in)
    states = keras.layers.LSTM(units, return_sequences=True)(read, [h, c])
    return keras.Model([src, dec_in], keras.layers.TimeDistributed(keras.layers.Dense(tgt_size))(states))


# %% q7 2
seq_acc_by_length, rows, wanted = {}, [], []
for words in test:
    X, Y = (encode([pair[i] for pair in test[words]], (src_vocab, tgt_vocab)[i], MAX_WORDS) for i in (0, 1))
    rows.append(X)
    wanted.append(teacher_forcing_arrays(Y)[1])
    seq_acc_by_length[words] = np.float32(sequence_accuracy(wanted[-1], translate(model, X)))
rows, wanted = np.concatenate(rows), np.concatenate(wanted)
seq_acc_shuffled = sequence_accuracy(wanted, translate(model, np.roll(rows, 1, axis=0)))
