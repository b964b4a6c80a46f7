"""Fixtures and options that every test may use."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared and noisy: how long an example takes is no law, neither for the deadline nor for data generation
settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")

# Before numpy and torch are imported, here and in programs under test: pytest-xdist runs a process a core, and threads of
# several that wait for one another there cost more than they bring
os.environ.setdefault("OMP_NUM_THREADS", "1")

SHARED = Path(__file__).parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Golden files are rewritten on demand and reviewed as a diff."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: compressed ones hold a time, and every process must find the same names."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`real` tests skip where the data is missing; `soak` tests run only when asked for with -m soak."""
    no_data = pytest.mark.skip(reason=f"{SHARED} is not here")
    no_soak = pytest.mark.skip(reason="long; run by make soak")
    soaking = "soak" in (config.getoption("-m") or "")
    for item in items:
        if "real" in item.keywords and not SHARED.is_dir():
            item.add_marker(no_data)
        if "soak" in item.keywords and not soaking:
            item.add_marker(no_soak)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """Programs under test hear Ctrl-C, also where a shell started this suite in the background and had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data."""
    return SHARED


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are being rewritten."""
    return bool(request.config.getoption("--update-golden"))
