# %% q3
def rnn_forward(X, Wx, Wh, b, h0=None):
    h = np.zeros((len(X), len(b))) if h0 is None else h0
    states = []
    for t in range(X.shape[1]):
        h = rnn_step(X[:, t], h, Wx, Wh, b)
        states.append(h)
    return np.array(states)
