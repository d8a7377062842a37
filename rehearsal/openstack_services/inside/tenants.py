"""``python tenants.py CONFIGURATION``: who may do what in a new Keystone, and its catalogue.

What is wanted comes as JSON on stdin:

    {"admin": "…", "password": "…", "region": "…", "project": "…", "user": "…",
     "access": "…",
     "services": {"neutron": ["network", "http://…"]}}

Keystone's own bootstrap makes the administrator and the roles; the rest goes through the same managers,
without a server.
"""

from __future__ import annotations

import json
import sys
import uuid
import warnings
from typing import Any


def main() -> None:
    """Fill the database that the configuration names."""
    warnings.simplefilter("ignore")
    wanted = json.load(sys.stdin)
    import keystone.server
    from keystone.cmd import bootstrap

    configuration = sys.argv.pop()  # Keystone reads what is left as its own
    keystone.server.configure(config_files=[configuration])
    first = bootstrap.Bootstrapper()
    first.admin_username, first.admin_password = wanted["admin"], wanted["password"]
    first.project_name, first.admin_role_name = wanted["admin"], "admin"
    first.region_id = wanted["region"]
    first.bootstrap()
    known = bootstrap.PROVIDERS
    domain = first.default_domain_id
    creator = _role(known, "creator")
    services, estate = _project(known, domain, "service"), _project(known, domain, wanted["project"])
    for name, (type, url) in wanted["services"].items():
        user = _user(known, domain, name, wanted["password"])
        for role in (first.admin_role_id, first.service_role_id):
            known.assignment_api.add_role_to_user_and_project(user, services, role)
        service = {"id": uuid.uuid4().hex, "type": type, "name": name, "enabled": True}
        known.catalog_api.create_service(service["id"], service)
        for interface in ("public", "internal", "admin"):
            endpoint = {
                "id": uuid.uuid4().hex, "interface": interface, "url": url, "service_id": service["id"],
                "region_id": wanted["region"], "enabled": True,
            }  # fmt: skip
            known.catalog_api.create_endpoint(endpoint["id"], endpoint)
    user = _user(known, domain, wanted["user"], wanted["password"])
    # Barbican lets whoever is a creator keep secrets; for all else a plain member is enough.
    for role in (first.member_role_id, creator):
        known.assignment_api.add_role_to_user_and_project(user, estate, role)
    _s3_key(known, user, estate, wanted["access"])


def _s3_key(known: Any, user: str, project: str, access: str) -> None:
    """A key of Swift's S3 door; its secret is the same text."""
    from keystone.common.utils import hash_access_key

    id = hash_access_key(access)  # where Keystone looks for it
    blob = json.dumps({"access": access, "secret": access, "trust_id": None})
    key = {"id": id, "user_id": user, "project_id": project, "type": "ec2", "blob": blob}
    known.credential_api.create_credential(id, key)


def _role(known: Any, name: str) -> str:
    role = {"id": uuid.uuid4().hex, "name": name}
    return str(known.role_api.create_role(role["id"], role)["id"])


def _project(known: Any, domain: str, name: str) -> str:
    project = {"id": uuid.uuid4().hex, "name": name, "domain_id": domain, "enabled": True, "description": ""}
    return str(known.resource_api.create_project(project["id"], project)["id"])


def _user(known: Any, domain: str, name: str, password: str) -> str:
    user = {"name": name, "domain_id": domain, "enabled": True, "password": password}
    return str(known.identity_api.create_user(user)["id"])


if __name__ == "__main__":
    main()
