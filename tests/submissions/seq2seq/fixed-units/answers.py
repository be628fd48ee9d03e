# %% q5
def build_seq2seq(src_size, tgt_size, units):
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    units = 64
    _, context = keras.layers.GRU(units, return_state=True)(
        keras.layers.Embedding(src_size, units, mask_zero=True)(src)
    )
    read = keras.layers.Embedding(tgt_size, units)(dec_in)
    states = keras.layers.GRU(units, return_sequences=True)(read, initial_state=context)
    return keras.Model([src, dec_in], keras.layers.Dense(tgt_size, activation="softmax")(states))
