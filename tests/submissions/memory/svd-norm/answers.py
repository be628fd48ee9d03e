# %% q4
def jacobian_product_norm(Wh, states):
    norms = []
    for t in range(len(states)):
        product = np.eye(len(Wh))
        for h in states[t + 1 :]:
            product = np.diag(1 - h**2) @ Wh.T @ product
        norms.append(np.linalg.svd(product)[1].max())
    return np.array(norms)
