# %% q7 2
seq_acc_by_length = {}
for words, pairs in test.items():
    X_test = encode([pair[0] for pair in pairs], src_vocab, MAX_WORDS)
    right = teacher_forcing_arrays(encode([pair[1] for pair in pairs], tgt_vocab, MAX_WORDS))[1]
    seq_acc_by_length[words] = token_accuracy(right, translate(model, X_test))
seq_acc_shuffled = sequence_accuracy(right, translate(model, X_test))
