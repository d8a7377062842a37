"""One set of running services for the tests that ask them directly; the session's."""

from __future__ import annotations

import pytest

from rehearsal.home import Home
from rehearsal.openstack_services.session import Session
from tests.rehearsal.conftest import filled
from tests.rehearsal.plugins.openstack.cloud import Cloud


@pytest.fixture
def home(private_site: Home) -> Home:
    return private_site


@pytest.fixture
def estate(home: Home) -> Session:
    """The session of the estate's user, a plain member of its project."""
    return Session.of(filled(home))


@pytest.fixture
def cloud(home: Home) -> Cloud:
    return cloud_of(home)


def cloud_of(home: Home) -> Cloud:
    """The plugin's backend over the services of a home."""
    running = filled(home)
    made = Cloud(home.root)
    made.backend.configure({"authUrl": running.auth_url, "region": running.region})
    return made
