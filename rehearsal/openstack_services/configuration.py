"""The configuration files of the services, from what differs between two rehearsals: folder and ports."""

from __future__ import annotations

import base64
import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from isthmus.atomic_files import atomic_write
from rehearsal.openstack_services.layout import BEHIND_SWIFT, DOMAIN, PASSWORD, Layout

Section = Mapping[str, Any]
File = Mapping[str, Section]

DRIVER: Final = "k8s_capi_helm_v1"
"""The name that Magnum knows its driver by: that of magnum-capi-helm, which a cloud of today would have
(magnum-capi-helm 1.4.0 on PyPI, ``entry_points.txt``, ``magnum.drivers``; 2026-11-28)."""

PHYSICAL: Final = "external"
"""The wire behind the first external network."""
KEY: Final = base64.b64encode(b"a rehearsal's key, and no secret").decode()
"""What Barbican hides the rehearsal's secrets behind: 32 bytes for anyone to read."""


def write(layout: Layout, ports: Mapping[str, int], environment: Path) -> None:
    """Write the files of all services below ``layout.etc``."""
    for name, file in _files(layout, ports, environment).items():
        # Values hold percent signs that mean something to the services, not to this parser.
        parser = configparser.RawConfigParser()
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_dict({section: {k: str(v) for k, v in keys.items()} for section, keys in file.items()})
        path = layout.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as target:
            parser.write(target)
    _register_driver(layout.etc / "drivers")


def _files(layout: Layout, ports: Mapping[str, int], environment: Path) -> dict[str, File]:
    keystone = f"http://127.0.0.1:{ports['keystone']}/v3"

    def known_as(user: str) -> dict[str, str]:
        return {
            "www_authenticate_uri": keystone,
            "auth_url": keystone,
            "auth_type": "password",
            "username": user,
            "password": PASSWORD,
            "project_name": "service",
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
        }

    def common(user: str, **defaults: str) -> dict[str, Section]:
        return {
            "DEFAULT": {"state_path": layout.cloud, "transport_url": "fake://", **defaults},
            "database": {"connection": _sqlite(layout, user)},
            "oslo_concurrency": {"lock_path": layout.cloud / "locks"},
            "oslo_messaging_notifications": {"driver": "noop"},
            "keystone_authtoken": known_as(user),
        }

    installed = environment / "etc"
    return {
        "keystone.conf": {
            "DEFAULT": {"public_endpoint": keystone.removesuffix("v3")},
            "database": {"connection": _sqlite(layout, "keystone")},
            "token": {"provider": "fernet"},
            "fernet_tokens": {"key_repository": layout.cloud / "fernet"},
            "fernet_receipts": {"key_repository": layout.cloud / "fernet"},
            "credential": {"key_repository": layout.cloud / "credentials"},
            "cache": {"enabled": "true", "backend": "oslo_cache.dict"},
            # The passwords are public and checked at every token: the fewest rounds that Keystone takes.
            "identity": {"password_hash_rounds": "4"},
        },
        "neutron.conf": {
            **common(
                "neutron",
                core_plugin="ml2",
                service_plugins="router,vpnaas",
                auth_strategy="keystone",
                api_paste_config=str(installed / "neutron" / "api-paste.ini"),
                dhcp_agent_notification="false",
                notify_nova_on_port_status_changes="false",
                notify_nova_on_port_data_changes="false",
                rpc_workers="0",
                rpc_state_report_workers="0",
            ),
            "ml2": {
                "type_drivers": "local,flat",
                "tenant_network_types": "local",
                "mechanism_drivers": "",
                "extension_drivers": "port_security",
            },
            "ml2_type_flat": {"flat_networks": PHYSICAL},
            "service_providers": {"service_provider": "VPN:rehearsal:vpn_driver.Driver:default"},
        },
        "nova.conf": {
            **common("nova"),
            "api_database": {"connection": _sqlite(layout, "nova_api")},
            "api": {"auth_strategy": "keystone"},
            "neutron": known_as("neutron"),
            "placement": known_as("nova"),
        },
        "glance-api.conf": {
            **common(
                "glance",
                enabled_backends="files:file",
                worker_self_reference_url=f"http://127.0.0.1:{ports['glance']}",
            ),
            # Two more stores that Glance brings itself; without a folder each makes one below /var/lib.
            **{
                store: {"filesystem_store_datadir": layout.cloud / folder}
                for store, folder in (
                    ("files", "images"),
                    ("os_glance_staging_store", "staging"),
                    ("os_glance_tasks_store", "staging"),
                )
            },
            "glance_store": {"default_backend": "files"},
            "paste_deploy": {
                "flavor": "keystone",
                "config_file": installed / "glance" / "glance-api-paste.ini",
            },
        },
        "barbican.conf": {
            **common("barbican", host_href=f"http://127.0.0.1:{ports['barbican']}"),
            "queue": {"enable": "false"},
            "crypto": {"enabled_crypto_plugins": "simple_crypto"},
            "simple_crypto_plugin": {"kek": KEY},
        },
        "magnum.conf": {
            **common("magnum"),
            "api": {"api_paste_config": installed / "magnum" / "api-paste.ini"},
            "certificates": {"cert_manager_type": "x509keypair"},
            "keystone_auth": known_as("magnum"),
            "drivers": {"default_driver": DRIVER},
        },
        **_swift(layout, ports, known_as("swift")),
    }


def _swift(layout: Layout, ports: Mapping[str, int], authtoken: Section) -> dict[str, File]:
    devices = layout.cloud / "swift"
    common = {"bind_ip": "127.0.0.1", "swift_dir": layout.etc / "swift", "workers": "0", "user": ""}
    filters = {
        name: {"use": f"egg:swift#{name}"}
        for name in (
            "catch_errors", "gatekeeper", "healthcheck", "s3api", "s3token", "keystoneauth", "copy", "slo",
            "dlo", "versioned_writes", "symlink",
        )
    }  # fmt: skip
    filters["keystoneauth"] |= {"operator_roles": "admin, member"}
    # Asks Keystone whose key it is, as a service: it tells nobody else (keystone 30.0.0, policy
    # ``identity:s3tokens_validate``; 2026-11-28).
    filters["s3token"] |= {"auth_uri": authtoken["auth_url"], "delay_auth_decision": "true", **authtoken}
    filters["versioned_writes"] |= {"allow_versioned_writes": "true", "allow_object_versioning": "true"}
    proxy: File = {
        "DEFAULT": {**common, "bind_port": ports["swift"]},
        "pipeline:main": {
            "pipeline": "catch_errors gatekeeper healthcheck authtoken s3api s3token keystoneauth copy slo "
            "dlo versioned_writes symlink proxy-server"
        },
        "app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": "true"},
        "filter:authtoken": {
            "paste.filter_factory": "keystonemiddleware.auth_token:filter_factory",
            "delay_auth_decision": "true",
            **authtoken,
        },
        **{f"filter:{name}": keys for name, keys in filters.items()},
    }
    behind: dict[str, File] = {
        f"swift/{name}.conf": {
            "DEFAULT": {**common, "bind_port": ports[name], "devices": devices, "mount_check": "false"},
            "pipeline:main": {"pipeline": f"{name}-server"},
            f"app:{name}-server": {"use": f"egg:swift#{name}"},
        }
        for name in BEHIND_SWIFT
    }
    return {
        "swift/proxy.conf": proxy,
        **behind,
        "swift/swift.conf": {
            "swift-hash": {"swift_hash_path_prefix": "rehearsal", "swift_hash_path_suffix": "rehearsal"},
            "storage-policy:0": {"name": "default", "default": "yes"},
        },
    }


def _sqlite(layout: Layout, name: str) -> str:
    return f"sqlite:///{layout.database(name)}"


def _register_driver(folder: Path) -> None:
    """Magnum finds drivers by the metadata of distributions, so the fake gets some."""
    metadata = folder / "rehearsed_driver-1.dist-info"
    metadata.mkdir(parents=True, exist_ok=True)
    atomic_write(metadata / "METADATA", b"Metadata-Version: 2.1\nName: rehearsed-driver\nVersion: 1\n")
    atomic_write(
        metadata / "entry_points.txt", f"[magnum.drivers]\n{DRIVER} = magnum_driver:Driver\n".encode()
    )
