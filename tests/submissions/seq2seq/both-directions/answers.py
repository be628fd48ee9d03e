# %% q5
def build_seq2seq(src_size, tgt_size, units):
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(src_size, units, mask_zero=True)(src)
    _, forth, back = keras.layers.Bidirectional(keras.layers.GRU(units, return_state=True))(embedded)
    context = keras.layers.Concatenate()([forth, back])
    read = keras.layers.Embedding(tgt_size, units)(dec_in)
    states = keras.layers.GRU(2 * units, return_sequences=True)(read, initial_state=context)
    return keras.Model([src, dec_in], keras.layers.Dense(tgt_size, activation="softmax")(states))


# %% q6
def greedy_decode(step_fn, state, n, max_len):
    tokens, ended = np.full(n, START), np.zeros(n, dtype=bool)
    written = np.zeros((n, max_len), dtype=np.int32)
    for t in range(max_len):
        scores, state = step_fn(tokens, state)
        tokens = np.where(ended, PAD, scores.argmax(axis=1))
        written[:, t] = tokens
        ended |= tokens == END
        if ended.all():
            break
    return written
