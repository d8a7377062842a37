"""How checks run: beside each other, for a limited time, and what a failure becomes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from botocore.exceptions import ClientError

from infra.doctor import CHECKS, Check, Clouds, run
from infra.doctor.aws.quotas import vcpus
from infra.doctor.openstack.quotas import servers
from infra.settings import Settings
from isthmus.settings.errors import Problem
from tests.infra.recorded import changed_settings


def clouds() -> Clouds:
    found = changed_settings("local", {})
    return Clouds(found, environment={})


def check(look: object) -> Check:
    return Check("one", "aws", "something", "somewhere", look)  # type: ignore[arg-type]


def test_one_that_does_not_end_is_unanswered() -> None:
    for_ever, asked = Event(), clouds()

    def waits(_: Settings, __: Clouds) -> Iterator[Problem]:
        for_ever.wait()
        yield from ()

    (found,) = run([check(waits)], asked.settings, asked, limit=0)
    for_ever.set()
    assert (found.state, found.said) == ("unanswered", ("no answer in 0 seconds: run it again",))


def test_checks_run_beside_each_other_and_are_told_in_their_order() -> None:
    begun, asked, told = Event(), clouds(), list[str]()

    def waits(_: Settings, __: Clouds) -> Iterator[Problem]:
        begun.wait()
        yield Problem("a.key", "is 1; write 2")

    def begins(_: Settings, __: Clouds) -> Iterator[Problem]:
        begun.set()
        yield from ()

    found = run(
        [check(waits), check(begins)], asked.settings, asked, told=lambda each: told.append(each.state)
    )
    assert [each.state for each in found] == told == ["failed", "ok"]
    assert found[0].said == ("a.key: is 1; write 2.",)


def test_what_a_cloud_refuses_is_told_and_a_defect_is_raised() -> None:
    asked = clouds()

    def refused(_: Settings, __: Clouds) -> Iterator[Problem]:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not\nyou"}}, "GetRole")
        yield

    def wrong(_: Settings, __: Clouds) -> Iterator[Problem]:
        raise ZeroDivisionError
        yield

    (found,) = run([check(refused)], asked.settings, asked)
    assert (found.state, found.said) == ("unanswered", ("AWS refused GetRole (AccessDenied): not you",))
    with pytest.raises(ZeroDivisionError):
        run([check(wrong)], asked.settings, asked)


def test_every_check_says_what_it_asks_and_where_that_comes_from() -> None:
    assert len({each.name for each in CHECKS}) == len(CHECKS)
    assert all(each.looks_at and each.obtained for each in CHECKS)


def test_a_site_without_credentials_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    without_aws(monkeypatch)
    prod = Clouds(changed_settings("prod", {}), environment={})
    found = run(CHECKS, prod.settings, prod)
    assert {each.state for each in found} == {"not asked"}
    assert {each.check.site for each in found} == {"aws", "openstack"}


def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PROFILE", "SESSION_TOKEN"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")


def test_quotas_count_what_the_estate_has_at_most() -> None:
    prod = changed_settings("prod", {})
    # m7i.xlarge 6 times; g5.2xlarge 4 times, by spot and in its place on demand; g5.xlarge 6 times.
    assert {code: needed for (code, _), (needed, _) in vcpus(prod).items()} == {
        "L-1216C47A": 6 * 4,
        "L-DB2E81BA": 4 * 8 + 6 * 4,
        "L-3819A6DF": 4 * 8,
    }
    spot = {"instance_type": "p4d.24xlarge", "max": 1, "capacity": "spot"}
    of_ampere = changed_settings("prod", {"aws.gpu_pools.ampere": spot})
    assert "L-7212CCBC" in {code for code, _ in vcpus(of_ampere)}
    # Three masters, six workers, five L4, two gateway servers.
    assert servers(prod) == {"m1.large": 3, "m1.2xlarge": 6, "g1.l4": 5, "m1.medium": 2}
