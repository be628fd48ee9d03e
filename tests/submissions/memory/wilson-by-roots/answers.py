# %% q6
def wilson_interval(k, n, z=1.96):
    p = k / n
    return sorted(np.roots([1 + z * z / n, -2 * p - z * z / n, p * p]).real)


# %% predict
pred_T10 = 0
pred_T30 = np.float32(0.08)
pred_T100 = 1 / 12
