# %% q5
def build_seq2seq(src_size, tgt_size, units):
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    encoder = keras.layers.SimpleRNN(units, return_state=True)
    context = encoder(keras.layers.Embedding(src_size, units, mask_zero=True)(src))[1]
    decoder = keras.layers.SimpleRNN(units, return_sequences=True)
    states = decoder(keras.layers.Embedding(tgt_size, units, mask_zero=True)(dec_in), initial_state=[context])
    return keras.Model([src, dec_in], keras.layers.Dense(tgt_size, activation="softmax")(states))


# %% q6
def greedy_decode(step_fn, state, n, max_len):
    tokens = np.array([START] * n)
    columns = []
    for _ in range(max_len):
        scores, state = step_fn(tokens, state)
        tokens = np.argmax(scores, axis=-1)
        columns.append(tokens)
    written = np.stack(columns, axis=1).astype("int32")
    after = np.cumsum(written == END, axis=1) - (written == END)
    return np.where(after > 0, np.int32(PAD), written)
