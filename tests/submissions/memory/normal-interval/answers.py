# %% q6
def wilson_interval(k, n, z=1.96):
    p = k / n
    half = z * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


# %% predict
pred_T10 = "close to zero"
pred_T30 = "1/12"
pred_T100 = float("nan")
