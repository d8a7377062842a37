"""Nova's servers and server groups.

There is no conductor, scheduler or hypervisor behind Nova's API here: a server is taken, checked by the API
(image, flavour, ports, group, size of the user data), kept as a request and listed as ``BUILD``.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from rehearsal.openstack_services.session import Session
from rehearsal.plugins.backend import Created, Properties, Refused
from rehearsal.plugins.openstack import tokens
from rehearsal.plugins.openstack.services.api import Answer, Api, or_gone

COMPUTE: Final = "compute"


class ServerGroup(Api):
    """Nothing of it changes."""

    def create(self, session: Session, inputs: Properties) -> Created:
        body = {"name": inputs["name"], "policies": [inputs["policies"]]}
        answer = session.post(self.service, self.path, {self.key: body})[self.key]
        return Created(str(answer["id"]), {})

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """Every change replaces it."""

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        found = super().show(answer, {key: value for key, value in inputs.items() if key == "name"})
        return {
            **inputs,
            **found,
            "policies": answer["policies"][0],
            "members": answer["members"],
            "rules": {},
        }


class Server(Api):
    """A server, by the names of its image and flavour."""

    def create(self, session: Session, inputs: Properties) -> Created:
        body: Answer = {
            "name": inputs["name"],
            "imageRef": inputs.get("imageId") or self._image(session, inputs["imageName"]),
            "flavorRef": inputs.get("flavorId") or self._flavor(session, inputs["flavorName"]),
            "networks": [{key: value for key, value in each.items() if key in ("port", "uuid")}
                         for each in inputs.get("networks") or []],
            "config_drive": bool(inputs.get("configDrive")),
            "metadata": inputs.get("metadata") or {},
        }  # fmt: skip
        if text := inputs.get("userData"):
            body["user_data"] = base64.b64encode(str(text).encode()).decode()
        if key := inputs.get("keyPair"):
            body["key_name"] = key
        (hint,) = inputs.get("schedulerHints") or [{}]
        asked = {self.key: body, **({"os:scheduler_hints": {"group": hint["group"]}} if hint else {})}
        answer = session.post(self.service, self.path, asked)[self.key]
        return Created(str(answer["id"]), {})

    def update(self, session: Session, id: str, old: Properties, new: Properties) -> None:
        """Its name. A server that never ran cannot be resized or built again: what is new is kept."""
        if old.get("name") != new.get("name"):
            path = f"{self.path}/{id}"
            session.request(self.service, "PUT", path, json={self.key: {"name": new["name"]}})

    def show(self, answer: Answer, inputs: Properties) -> Properties:
        # Of what it was told Nova says nothing to its owner, nor does the provider ask.
        return {
            **inputs,
            "name": answer["name"],
            "availabilityZone": answer.get("OS-EXT-AZ:availability_zone") or "nova",
            "configDrive": answer.get("config_drive") in (True, "True"),
            "created": answer["created"],
            "updated": answer["updated"],
            "allMetadata": answer["metadata"],
            "accessIpV4": answer["accessIPv4"],
            "accessIpV6": answer["accessIPv6"],
            "flavorId": answer["flavor"]["id"],
            "imageId": answer["image"]["id"] if answer["image"] else "",
        }

    @staticmethod
    def _image(session: Session, name: str) -> str:
        found = session.get("image", "/v2/images", params={"name": name})["images"]
        return _only(found, "image", name)

    @staticmethod
    def _flavor(session: Session, name: str) -> str:
        found = [each for each in session.get(COMPUTE, "/flavors")["flavors"] if each["name"] == name]
        return _only(found, "flavor", name)

    def delete(self, session: Session, id: str, inputs: Properties) -> None:  # noqa: ARG002
        or_gone(lambda: session.request(self.service, "DELETE", f"{self.path}/{id}"))


def _only(found: list[Any], noun: str, name: str) -> str:
    if len(found) != 1:
        raise Refused(f"{len(found) or 'no'} {noun}s are called {name!r}; the server needs one")
    return str(found[0]["id"])


APIS: Final[dict[str, Api]] = {
    tokens.SERVER_GROUP: ServerGroup(COMPUTE, "/os-server-groups", "server_group"),
    tokens.INSTANCE: Server(COMPUTE, "/servers", "server"),
}
