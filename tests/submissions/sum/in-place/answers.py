# %% q2
def rnn_step(x_t, h_prev, Wx, Wh, b):
    h_prev[:] = np.tanh(x_t @ Wx + h_prev @ Wh + b)
    return h_prev


# %% q3
def rnn_forward(X, Wx, Wh, b, h0=None):
    n, T, F = X.shape
    h = np.zeros((n, len(b))) if h0 is None else h0
    states = np.zeros((n, T, len(b)))
    for t in range(T):
        h = rnn_step(X[:, t], h, Wx, Wh, b)
        states[:, t] = h
    return states
