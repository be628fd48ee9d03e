# %% q3
def teacher_forcing_arrays(Y):
    edge = np.ones((len(Y), 1), dtype=np.int32)
    return np.hstack([START * edge, Y]), np.hstack([Y, END * edge])
