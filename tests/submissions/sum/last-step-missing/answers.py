# %% q3
def rnn_forward(X, Wx, Wh, b, h0=None):
    n, T, F = X.shape
    h = np.zeros((n, len(b))) if h0 is None else h0
    states = [h]
    for t in range(T - 1):
        h = rnn_step(X[:, t], h, Wx, Wh, b)
        states.append(h)
    return np.stack(states, axis=1)
