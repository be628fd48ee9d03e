# %% q6
def greedy_decode(step_fn, state, n, max_len):
    tokens, ended = np.full(n, START), np.zeros(n, dtype=bool)
    written = np.zeros((n, max_len), dtype=np.int32)
    for t in range(max_len):
        scores, state = step_fn(tokens, state)
        tokens = scores.argmax(axis=1)
        written[:, t] = tokens
        ended |= tokens == END
    return written
