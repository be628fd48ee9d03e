# %% q4
def count_params(F, H, O):
    return F * H + H * H + H + H + 1
