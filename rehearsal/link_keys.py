"""The pre-shared keys that the stack ``local`` names, in both of its stores before an up asks for them.

They protect nothing and anyone may read them: there is no tunnel. A key follows from its name, so that the
stand-in for AWS, which forgets everything, gets the one that Barbican has kept.
"""

from __future__ import annotations

import hashlib

from infra.doctor.clouds import Clouds
from infra.link_rotation.key_stores import Barbican, KeyStore, SecretsManager
from infra.naming import Naming
from infra.preshared_keys import names
from infra.settings import Settings
from rehearsal.home import Home
from rehearsal.openstack_services.services import Cloud
from rehearsal.plugins.aws import moto_server


def wanted(settings: Settings) -> tuple[str, ...]:
    """The names of the keys that an up of these settings asks for."""
    link = settings.link
    return names(Naming(settings.stack), link.key_generations or ()) if link.enabled else ()


def in_aws(home: Home, settings: Settings) -> None:
    """Put them into the stand-in for AWS, which is started for that."""
    if wanted(settings):
        moto_server.ensure(home.root / "aws", str(settings.aws.endpoint_url))
        _put(SecretsManager(Clouds(settings)), settings)


def privately(cloud: Cloud, settings: Settings) -> None:
    """Put them into Barbican."""
    if wanted(settings):
        given = {f"OS_{name.upper()}": value for name, value in cloud.credentials.items()}
        _put(Barbican(Clouds(settings, environment=given)), settings)


def _put(store: KeyStore, settings: Settings) -> None:
    for name in wanted(settings):
        if store.get(name) is None:
            store.put(name, f"rehearsal.{hashlib.sha256(name.encode()).hexdigest()[:32]}")


__all__ = ["in_aws", "privately", "wanted"]
