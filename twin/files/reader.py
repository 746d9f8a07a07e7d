"""The reader child: ``python -m twin.files.reader``, one untrusted file, a request on standard input, frames out.

It puts up its walls (``twin.files.confine``) before anything else is imported: a process with threads, which the
libraries start, may not leave the network any more.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from twin.files import confine


def main() -> None:
    """Read one request, answer it, exit 0 also when the file is refused."""
    request = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    confine.limit(confine.Limits(**request["limits"]))
    network = confine.leave_network()
    files = confine.hide_files([Path(p) for p in request["inputs"]], [Path(request["work"])])
    from twin.files.respond import respond

    respond(request, {"no_network": network, "no_files": files}, out)
    os._exit(0)  # the libraries' own tear-down may hang on a file that is broken


if __name__ == "__main__":
    main()
