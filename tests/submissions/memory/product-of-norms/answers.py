# %% q4
def jacobian_product_norm(Wh, states):
    norms = np.ones(len(states))
    for t in range(len(states) - 1, 0, -1):
        norms[t - 1] = norms[t] * np.linalg.norm(np.diag(1 - states[t] ** 2) @ Wh.T, 2)
    return norms
