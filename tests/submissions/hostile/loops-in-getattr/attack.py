# %% q1
class Endless:
    def __getattribute__(self, name):
        while True:
            pass


count = 423
share = 0.625
city = Endless()
