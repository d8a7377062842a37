"""Both secret stores of an estate, for the keys of its tunnels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from infra.doctor.clouds import Clouds
from infra.preshared_keys import VALID, new_key
from isthmus.errors import IsthmusError


class KeyStoreError(IsthmusError):
    """The two stores cannot be brought to the same keys; the message says which, and what to do."""


class KeyStore(Protocol):
    """Where a site keeps its half of the keys."""

    title: str

    def get(self, name: str) -> str | None:
        """The key of a name; None where there is none."""

    def put(self, name: str, key: str) -> None:
        """Keep a key that is not there yet."""

    def forget(self, name: str) -> bool:
        """Delete a key; whether there was one."""


class SecretsManager:
    """AWS's."""

    title: str = "Secrets Manager"

    def __init__(self, clouds: Clouds) -> None:
        clouds.sign_in("aws")
        self._client: Any = clouds.aws("secretsmanager")

    def get(self, name: str) -> str | None:
        """The key of a name; None where there is none. Raises KeyStoreError where it is being deleted."""
        errors = self._client.exceptions
        try:
            return str(self._client.get_secret_value(SecretId=name)["SecretString"])
        except errors.ResourceNotFoundException:
            return None
        except errors.InvalidRequestException as error:
            # What is marked for deletion answers so, for 7 to 30 days, and no other may have its name.
            raise KeyStoreError(
                f"{name} in Secrets Manager cannot be read ({error.response['Error']['Message']}): where it "
                f"is marked for deletion, `aws secretsmanager restore-secret --secret-id {name}`"
            ) from None

    def put(self, name: str, key: str) -> None:
        """Keep a key, encrypted by the account's key for secrets."""
        self._client.create_secret(
            Name=name, SecretString=key, Description="A pre-shared key of the link: isthmus link keys"
        )

    def forget(self, name: str) -> bool:
        """Mark a key for deletion, in seven days; whether there was one."""
        try:
            self._client.delete_secret(SecretId=name, RecoveryWindowInDays=7)
        except (
            self._client.exceptions.ResourceNotFoundException,
            self._client.exceptions.InvalidRequestException,
        ):
            return False
        return True


class Barbican:
    """The private site's."""

    title: str = "Barbican"

    def __init__(self, clouds: Clouds) -> None:
        clouds.sign_in("openstack")
        self._manager: Any = clouds.openstack().key_manager

    def get(self, name: str) -> str | None:
        """The key of a name; None where there is none. Raises KeyStoreError where there are several."""
        found = [each for each in self._manager.secrets(name=name) if each.status == "ACTIVE"]
        if len(found) > 1:
            raise KeyStoreError(
                f"Barbican has {len(found)} secrets called {name}: delete all but the one in use"
            )
        if not found:
            return None
        answer = self._manager.get(f"/secrets/{found[0].secret_id}/payload", headers={"Accept": "text/plain"})
        answer.raise_for_status()
        return str(answer.text)

    def put(self, name: str, key: str) -> None:
        """Keep a key."""
        self._manager.create_secret(
            name=name,
            payload=key,
            payload_content_type="text/plain",
            secret_type="passphrase",  # noqa: S106 - what it is
        )

    def forget(self, name: str) -> bool:
        """Delete a key; whether there was one."""
        found = list(self._manager.secrets(name=name))
        for each in found:
            self._manager.delete_secret(each.secret_id)
        return bool(found)


def forget(stores: Sequence[KeyStore], unwanted: Sequence[str], say: Callable[[str], object]) -> None:
    """Delete keys of these names wherever they are."""
    for name in unwanted:
        there = [store.title for store in stores if store.forget(name)]
        if there:
            say(f"{name}: deleted from {' and '.join(there)}")


def bring(stores: Sequence[KeyStore], wanted: Sequence[str], say: Callable[[str], object]) -> list[str]:
    """Have each of these keys in every store; what was interrupted goes on from what is there.

    Returns the names of those that were made.

    Raises:
        KeyStoreError: two stores have two keys of one name, or one of them is none.
    """
    made = []
    for name in wanted:
        kept = [(store, store.get(name)) for store in stores]
        known = {key for _, key in kept if key is not None}
        if len(known) > 1:
            raise KeyStoreError(
                f"{' and '.join(store.title for store, _ in kept)} have two keys called {name}: delete the "
                "one that no tunnel has, and run this again"
            )
        key = known.pop() if known else new_key()
        if not VALID.fullmatch(key):
            raise KeyStoreError(
                f"what {name} holds is no pre-shared key: delete it in both stores, and run this again"
            )
        missing = [store for store, each in kept if each is None]
        for store in missing:
            store.put(name, key)
        if len(missing) == len(stores):
            made.append(name)
        where = " and ".join(store.title for store in missing)
        say(f"{name}: {f'written to {where}' if missing else 'is there'}")
    return made


__all__ = ["Barbican", "KeyStore", "KeyStoreError", "SecretsManager", "bring", "forget"]
