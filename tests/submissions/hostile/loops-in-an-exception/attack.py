# %% q3
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def describe(words):
    raise Endless
