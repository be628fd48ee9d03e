# %% q3
def teacher_forcing_arrays(Y):
    dec_out = np.pad(Y, [(0, 0), (0, 1)])
    dec_in = dec_out.copy()
    dec_out[np.arange(len(Y)), (Y != PAD).sum(axis=1)] = END
    return dec_in, dec_out
