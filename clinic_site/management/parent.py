"""Ends a process when the one that started it has gone, however that died: `kill -9` can tell nobody.

The parent holds a lock on a file; the kernel lets it go when the parent dies. The child waits for it in a thread. A
file, and not a pipe, since Django's development server starts itself anew without the descriptors it was given.
"""

import fcntl
import os
import signal
import threading
import time
from pathlib import Path

VARIABLE = "STOP_WHEN_THIS_FILE_IS_UNLOCKED"
SECONDS_TO_STOP = 5


def hold(path: Path, *, seconds: float) -> int:
    """Locks the file for this process; waits while the children of one that was killed are still ending.

    Raises TimeoutError when somebody keeps it longer, OSError when the file can't be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    ends = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends:
                os.close(descriptor)
                raise TimeoutError from None
            time.sleep(0.05)
        else:
            return descriptor


def stop_with_parent() -> None:
    """In a child: does nothing unless whoever started it set the variable."""
    if path := os.environ.get(VARIABLE):
        threading.Thread(target=_wait, args=(path,), daemon=True).start()


def _wait(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_STOP)
    os._exit(1)
