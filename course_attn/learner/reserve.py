"""The process in reserve: loads everything, says "ready", checks one file, ends. Started by `child.Reserve`."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path

from course_attn.learner.examine import examine, warm_up


def main() -> None:
    """Read one request from standard input, write one reply to standard output."""
    # The answer must find neither the request's pipe nor the reply's under the numbers it knows.
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    warm_up()
    print("ready", file=replies, flush=True)
    line = requests.readline()
    if not line:
        return
    request = json.loads(line)
    with open(request["trace"], "w", encoding="utf-8") as trace:
        faulthandler.dump_traceback_later(request["trace_after"], file=trace)
        found = examine(request["name"], Path(request["path"]), request["verbose"])
        faulthandler.cancel_dump_traceback_later()
    print(json.dumps({"status": found.status, "text": found.text}), file=replies, flush=True)
    sys.stdout.flush()
    os._exit(0)  # threads that the answer left behind do not keep it alive


if __name__ == "__main__":
    main()
