"""Install the peers into a folder of their own: ``python -m benchmarks.setup``.

The folder is named by ``$COURSE_ATTN_PEERS``. It is neither the environment of the course nor on the path of
anything but a benchmark.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.peers import folder

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def main() -> int:
    """Install what ``requirements.txt`` pins; nothing else comes along."""
    target = folder()
    target.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--upgrade", "--no-deps"]
    status = subprocess.run([*pip, "--target", str(target), "-r", str(REQUIREMENTS)], check=False).returncode
    print(f"peers in {target}" if status == 0 else f"pip failed with status {status}")
    return status


if __name__ == "__main__":
    sys.exit(main())
