"""Has certificate.py verify many certificates in one process.

Usage: verdicts.py KEY FILE...   prints a JSON list for each, in order: exit status, and the last thing said
"""

import contextlib
import io
import json
import sys

from certificate import verify

for path in sys.argv[2:]:
    with open(path, "rb") as file:
        data = file.read()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status, why = verify(data, sys.argv[1])
    print(json.dumps([status, why or said.getvalue().splitlines()[-1]]))
