"""One thread of linear algebra per test process.

Our matrices are small; on a machine that is busy with something else, two threads of OpenBLAS wait for each other
and made the identification tests 20 times slower.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
