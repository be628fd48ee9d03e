# %% q4
def jacobian_product_norm(Wh, states):
    norms, product = np.ones(len(states)), np.eye(len(Wh))
    for t in range(len(states) - 1, 0, -1):
        product = product @ np.diag(1 - states[t] ** 2) @ Wh
        norms[t - 1] = np.linalg.norm(product, 2)
    return norms
