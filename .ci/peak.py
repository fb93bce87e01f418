# SPDX-License-Identifier: MIT
"""peak.py COMMAND...: runs it, prints the MiB it needed at most."""
import os
import resource
import subprocess
import sys

status = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
sys.exit(status if status >= 0 else 128 - status)
