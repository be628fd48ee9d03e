# %% q5
def build_seq2seq(src_size, tgt_size, units):
    src, dec_in = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    context = keras.layers.GRU(units)(keras.layers.Embedding(src_size, units, mask_zero=True)(src))
    states = keras.layers.GRU(units, return_sequences=True)(keras.layers.Embedding(tgt_size, units)(dec_in))
    return keras.Model([src, dec_in], keras.layers.Dense(tgt_size)(states))
