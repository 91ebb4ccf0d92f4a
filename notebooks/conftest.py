import pytest


def pytest_sessionfinish(session, exitstatus):
    """A folder without notebooks passes."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
