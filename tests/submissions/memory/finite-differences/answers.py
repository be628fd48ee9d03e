# %% q3
def input_gradient_profile(model, X):
    step = np.float32(1e-3)
    profile = []
    for t in range(X.shape[1]):
        up, down = X.copy(), X.copy()
        up[:, t] += step
        down[:, t] -= step
        slopes = (model(up).numpy() - model(down).numpy()) / (2 * step)
        profile.append(np.abs(slopes).mean())
    return np.array(profile)
