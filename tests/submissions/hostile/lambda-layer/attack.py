# %% q4
import os

model = keras.Sequential(
    [
        keras.layers.Input((4, 1)),
        keras.layers.Lambda(lambda x: os.system("touch /tmp/hostile-lambda") or x),
        keras.layers.SimpleRNN(3),
        keras.layers.Dense(1),
    ]
)
