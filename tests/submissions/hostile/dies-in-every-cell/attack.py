# %% before q2
import os

os._exit(0)

# %% before q2
import os

os.abort()

# %% before q2
import os

os.execv("/bin/true", ["true"])

# %% before q2
import os

os._exit(1)

# %% before q2
import os

os._exit(2)
