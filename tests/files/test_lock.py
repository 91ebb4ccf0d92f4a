import os
import re
import signal
import subprocess
import sys
import time
import warnings

import pytest

from gzkit.files.lock import LOCK, alone_in

HOLD = """
import sys, time
from gzkit.files.lock import alone_in
with alone_in(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(folder, seconds):
    """A process that has the folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_folder_in_use_is_refused_with_process_machine_and_time(tmp_path):
    process = holder(tmp_path, 60)
    with pytest.raises(BlockingIOError) as refused, alone_in(tmp_path):
        pass
    process.kill()
    process.communicate()
    expected = (
        rf"{tmp_path}: in use by another run \(process {process.pid} on \S+, since 20\d\d-\d\d-\d\d \d\d:"
    )
    assert re.match(expected, str(refused.value))


def test_what_a_killed_run_left_is_no_lock(tmp_path):
    process = holder(tmp_path, 60)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert (tmp_path / LOCK).exists()
    with alone_in(tmp_path):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()
    assert not (tmp_path / LOCK).exists()


def test_one_may_wait_for_the_other(tmp_path):
    process = holder(tmp_path, 0.5)
    began = time.monotonic()
    told = f"waiting for another run .process {process.pid} on"
    with pytest.warns(UserWarning, match=told), alone_in(tmp_path, wait=True):
        assert time.monotonic() - began > 0.2
    process.communicate()


def test_a_process_does_not_have_a_folder_twice_and_can_have_two(tmp_path):
    with alone_in(tmp_path / "a"), alone_in(tmp_path / "b"), alone_in(None):
        with pytest.raises(BlockingIOError), alone_in(tmp_path / "a"):
            pass
        assert (tmp_path / "a" / LOCK).exists()  # he who was refused has removed nothing
    with alone_in(tmp_path / "a"):
        pass
    assert not list(tmp_path.rglob(LOCK))


def test_of_many_at_once_one_has_it_at_a_time(tmp_path):
    """Each adds one to a number in a file, which is lost where two have the folder at once."""
    count, children = tmp_path / "count", []
    count.write_text("0")
    for _ in range(4):
        child = os.fork()
        if child == 0:
            code = 0
            warnings.simplefilter("ignore")
            try:
                for _ in range(25):
                    with alone_in(tmp_path / "folder", wait=True):
                        count.write_text(str(int(count.read_text()) + 1))
            except BaseException:
                code = 1
            os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert count.read_text() == "100"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OSError, match="file/folder: cannot be written"),
        alone_in(tmp_path / "file" / "folder"),
    ):
        pass
