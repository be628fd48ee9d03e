# %% q4
def count_params(F, H, O):
    T = 5
    return T * (F * H + H * H + H) + H * O + O
