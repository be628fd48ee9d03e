# %% q2
def rnn_step(x_t, h_prev, Wx, Wh, b):
    both = np.concatenate([x_t, h_prev, np.ones((len(x_t), 1))], axis=1)
    return np.tanh(both @ np.concatenate([Wx, Wh, b[None, :]], axis=0))


# %% q3
def rnn_forward(X, Wx, Wh, b, h0=None):
    n, T, F = X.shape
    H = Wh.shape[0]
    states = np.zeros((n, T + 1, H))
    if h0 is not None:
        states[:, 0] = h0
    W = np.vstack([Wx, Wh])
    for t in range(T):
        states[:, t + 1] = np.tanh(np.hstack([X[:, t], states[:, t]]) @ W + b)
    return states[:, 1:]


# %% q4
def count_params(F, H, O):
    return (F + H + 1) * H + (H + 1) * O


# %% q5
def hand_made_sum_weights():
    return [np.array([[2.0]]), np.array([[1.0]]), np.array([0.0]), np.array([[0.5]]), np.array([0.0])]
