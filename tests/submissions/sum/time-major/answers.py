# %% q3
def rnn_forward(X, Wx, Wh, b, h0=None):
    h = np.zeros((X.shape[1], len(b))) if h0 is None else h0
    states = []
    for x_t in X:
        h = rnn_step(x_t, h, Wx, Wh, b)
        states.append(h)
    return np.stack(states)
