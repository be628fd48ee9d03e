# %% q7
model = build_seq2seq(25, 33, 64)
losses = None
src_vocab, tgt_vocab = build_vocab(english), build_vocab(french)
