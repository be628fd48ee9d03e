# %% q3
def input_gradient_profile(model, X):
    X = tf.Variable(X)
    with tf.GradientTape() as tape:
        y = model(X)
    return tf.reduce_mean(tf.abs(tape.gradient(y, X)), axis=0)[:, 0]
