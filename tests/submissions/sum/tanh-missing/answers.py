# %% q2
def rnn_step(x_t, h_prev, Wx, Wh, b):
    return x_t @ Wx + h_prev @ Wh + b
