# %% q5
def hand_made_memory_weights():
    one, zero = np.ones((1, 1)), np.zeros(1)
    return [one, np.zeros((1, 1)), zero, one, zero]


# %% predict
pred_clip_only = 30
pred_identity_only = 60
pred_both = 90
pred_both_norm = "surely"
