# %% before q2
import os

os._exit(0)
