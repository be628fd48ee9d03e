# %% q7
model = build_seq2seq(25, 33, 64)
losses = None
src_vocab, tgt_vocab = build_vocab(english), build_vocab(french)

# %% q7 2
seq_acc_by_length = {words: 0.0 for words in test}
seq_acc_shuffled = 0.0
