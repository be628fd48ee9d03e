# %% q1
def make_sum_data(n, T, seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    X = np.float32(rng.uniform(0, 1, (n, T, 1)))
    return X, np.einsum("ntf->nf", X)


# %% q2
def rnn_step(x_t, h_prev, Wx, Wh, b):
    return np.tanh(np.einsum("nf,fh->nh", x_t, Wx) + np.einsum("nk,kh->nh", h_prev, Wh) + b)


# %% q3
def rnn_forward(X, Wx, Wh, b, h0=None):
    if h0 is None:
        h0 = np.zeros((X.shape[0], b.shape[0]))
    first = rnn_step(X[:, 0], h0, Wx, Wh, b)
    if X.shape[1] == 1:
        return first[:, None]
    return np.concatenate([first[:, None], rnn_forward(X[:, 1:], Wx, Wh, b, first)], axis=1)


# %% q5
def hand_made_sum_weights():
    return (-np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), -np.ones((1, 1)), np.zeros(1))
