"""The worker lets the pages go first."""

import os
import signal
import subprocess
import sys
import time

from django.db import connection

from lianzheng.bootstrap import ROOT
from lianzheng.desk.management.commands.worker import NICENESS
from tests.roles import own_url


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def newest_worker() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM procrastinate_workers")
        return int(cursor.fetchone()[0])


def test_worker_at_its_queue_stands_back_and_leaves_when_asked(db: None) -> None:
    before = newest_worker()
    worker = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "worker", "--patience", "1"],
        env=os.environ | {"DATABASE_URL": own_url()},
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while newest_worker() <= before and worker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert (niceness(worker.pid), niceness(os.getpid())) == (NICENESS, niceness(os.getppid()))
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
