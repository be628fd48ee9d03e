# %% predict
pred_T10 = float("nan")
pred_shift = "quite large"
