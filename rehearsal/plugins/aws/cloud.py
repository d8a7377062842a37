"""The stand-in as one provider sees it: its clients and models, and what a row's JMESPaths may name."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.home import Home
from rehearsal.plugins.aws import moto_server
from rehearsal.plugins.aws.provider_config import ProviderConfig
from rehearsal.plugins.backend import Refused, Resource, Unknown

_ACCOUNT = "123456789012"  # moto's, when nothing says otherwise


class Gone(Refused):
    """The call named something that does not exist."""


class Cloud:
    """One provider's view of the stand-in. Used by several threads."""

    def __init__(self, folder: Path, config: ProviderConfig) -> None:
        self.folder = folder
        self.config = config
        self.region = config.region
        self.partition = (
            "aws-cn"
            if self.region.startswith("cn-")
            else "aws-us-gov"
            if self.region.startswith("us-gov-")
            else "aws"
        )
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._models: dict[str, Any] = {}
        self._session: Any = None
        self._account = ""
        self._loader: Any = None

    @property
    def home(self) -> Home:
        """The rehearsal that it stands in for a cloud in."""
        return Home(self.folder.parent)

    @property
    def account(self) -> str:
        """The stand-in's account; offline, the one the provider allows."""
        if not self._account:
            if self.config.endpoints:
                self._account = self.client("sts").get_caller_identity()["Account"]
            else:
                self._account = self.config.account or _ACCOUNT
        return self._account

    def client(self, service: str) -> Any:
        """A boto3 client; the first starts the stand-in. Raises Refused where the stack has no endpoint."""
        with self._lock:
            if service not in self._clients:
                url = self.config.url(service)
                if not url:
                    raise Refused(
                        "This stack's aws provider names no endpoint, so the rehearsal can preview it "
                        "but never touch it: use the stack local, or the real engine and plugins."
                    )
                moto_server.ensure(self.folder, url)
                self._clients[service] = self._made(service, url)
            return self._clients[service]

    def _made(self, service: str, url: str) -> Any:
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.Session(
                aws_access_key_id="rehearsal",
                aws_secret_access_key="rehearsal",  # noqa: S106 - moto takes any
                region_name=self.region,
            )
        config = Config(
            retries={"max_attempts": 2},
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=64,
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            proxies={},
        )
        return self._session.client(service, endpoint_url=url, config=config)

    def operation(self, service: str, name: str) -> Any:
        """The model of an operation, without a client or a server."""
        with self._lock:
            if service not in self._models:
                from botocore.loaders import Loader
                from botocore.model import ServiceModel

                self._loader = self._loader or Loader()
                self._models[service] = ServiceModel(
                    self._loader.load_service_model(service, "service-2"), service
                )
            return self._models[service].operation_model(name)

    def context(self, resource: Resource, **more: Any) -> dict[str, Any]:
        """The names that a row's JMESPaths may use."""
        return {
            "id": resource.id,
            "inputs": resource.inputs,
            "outputs": resource.outputs,
            "name": resource.name,
            "region": self.region,
            "partition": self.partition,
            "account": _Account(self),
            **more,
        }

    def send(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, **more: Any
    ) -> Any:
        """Make a call with ready parameters (CamelCase); the answer without its metadata."""
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            answer = getattr(self.client(service), xform_name(operation))(**{**(parameters or {}), **more})
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            message = error.response.get("Error", {}).get("Message", "") or code
            kind = Gone if is_gone(code) else Refused
            raise kind(f"AWS ({service}:{operation}) answers {code}: {message.rstrip('.')}.") from None
        except (BotoCoreError, ResponseParserError) as error:
            # A page of HTML instead of an answer: the stand-in itself failed; moto.log has its stack.
            reason = " ".join(str(error).split())[:300].rstrip(".")
            raise Refused(f"The AWS stand-in did not take {service}:{operation}: {reason}.") from None
        answer.pop("ResponseMetadata", None)
        return answer

    def find(self, service: str, operation: str, at: str, **parameters: Any) -> Any:
        """A call's answer at a JMESPath; None where the thing asked for is gone."""
        try:
            return search(at, self.send(service, operation, parameters))
        except Gone:
            return None


class _Account(str):
    """The account's id, asked for only when a row uses it (a check must not start a server)."""

    __slots__ = ("_cloud",)
    _cloud: Cloud

    def __new__(cls, cloud: Cloud) -> _Account:
        made = super().__new__(cls, _ACCOUNT)
        made._cloud = cloud
        return made

    def asked(self) -> str:
        return self._cloud.account


def is_gone(code: str) -> bool:
    """Whether an error code says that something does not exist."""
    return code == "404" or any(
        word in code for word in ("NotFound", "NoSuch", "DoesNotExist", "NonExistent")
    )


def evaluate(template: Any, context: Mapping[str, Any]) -> Any:
    """A template of a row with its "$" strings filled in; empty dictionaries and None are left out."""
    if isinstance(template, str) and template.startswith("$$"):
        return template[1:]
    if isinstance(template, str) and template.startswith("$"):
        return search(template[1:], context)
    if isinstance(template, Mapping):
        filled = {key: evaluate(value, context) for key, value in template.items()}
        filled = {key: value for key, value in filled.items() if value is not None}
        return filled or None
    if isinstance(template, (list, tuple)):
        items = [evaluate(item, context) for item in template]
        return [item for item in items if item is not None]
    return template


def search(path: str, context: Any) -> Any:
    """A JMESPath; text in single quotes with {names} is filled in from the context afterwards."""
    import jmespath  # type: ignore[import-untyped]

    if path.startswith("'") and "{" in path:
        text = path.strip("'")
        names = {part.split("}")[0] for part in text.split("{")[1:]}
        for name in names:
            value = search(name, context)
            if value is None or isinstance(value, Unknown):
                return value
            text = text.replace("{" + name + "}", str(value))
        return text
    if path == "account" and isinstance(context, Mapping):
        return context["account"].asked()
    return jmespath.search(path, context)


__all__ = ["Cloud", "Gone", "evaluate", "is_gone", "search"]
