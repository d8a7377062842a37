"""The stack's name is part of names that clouds have rules for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra.naming import Naming
from infra.settings.model import Settings
from isthmus.settings.errors import Problem


@dataclass(frozen=True)
class Rule:
    """What a cloud takes for a name: a pattern, the same in words."""

    pattern: str
    words: str

    def takes(self, name: str) -> bool:
        """Whether a name is one."""
        return re.fullmatch(self.pattern, name) is not None


_BUCKET = Rule(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits and hyphens")
# Each was looked up on 2026-11-27; "botocore" is the model of the service in botocore 1.44.8.
RULES = {
    # S3 user guide, "General purpose bucket naming rules" (docs.aws.amazon.com/AmazonS3/latest/userguide/
    # bucketnamingrules.html); a dot is allowed there, and breaks TLS by the bucket's host name. Of what it
    # reserves, xn--, sthree- and amzn-s3-demo- at the beginning and -s3alias, --ol-s3, .mrap and --x-s3 at
    # the end, no name of ours can have any.
    "bucket": _BUCKET,
    # Jobs ask for it by the store's S3 API: openstack/swift, swift/common/middleware/s3api/utils.py,
    # validate_bucket_name with dns_compliant_bucket_names (d398d60e).
    "container": _BUCKET,
    # botocore, kms, AliasNameType: 256 characters in all; with a colon too, which the guide ("Create
    # aliases") does not allow.
    "alias of a KMS key": Rule(r"alias/[A-Za-z0-9/_-]{1,250}", "up to 250 letters, digits and /_-"),
    # botocore, eks, ClusterName.
    "EKS cluster": Rule(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", "up to 100 letters, digits, hyphens and _"),
    # openstack/magnum, magnum/api/controllers/v1/cluster.py, Cluster.name (bf5bca2b): Heat adds to the name.
    "Magnum cluster": Rule(r"[A-Za-z][A-Za-z0-9_.-]{0,241}", "up to 242 letters, digits and -_."),
    # botocore, budgets, BudgetName.
    "budget": Rule(r"(?!.*/action/)[^:\\]{1,100}", "up to 100 characters without : and \\"),
    # kubernetes/kubernetes, staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go,
    # IsValidLabelValue (03014f48).
    "Kubernetes label": Rule(
        r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?",
        "up to 63 letters, digits and -_. that begin and end with a letter or digit",
    ),
    # openstack/neutron, neutron/extensions/tagging.py, MAX_TAG_LEN (91bc28e7): 255. Fewer are taken here, for
    # clouds of before, whose limit was not looked up. A comma parts two tags of a filter.
    "Neutron tag": Rule(r"[^,]{1,60}", "up to 60 characters without a comma"),
}
"""What clouds take, by what ``Naming.fixed`` names."""


def _other(stack: str, longest: int) -> str:
    """A name like this one that every cloud takes."""
    plain = re.sub(r"[^a-z0-9]+", "-", stack.lower()).strip("-")
    return plain[: max(longest, 1)].strip("-") or "dev"


def names(settings: Settings) -> Iterator[Problem]:
    """The first problem with the stack's name; it is of the whole file, as the file's name has it."""
    stack, account = settings.stack, settings.aws.account_id
    for what, names_of_kind in Naming(stack).fixed(account).items():
        for name in names_of_kind:
            if RULES[what].takes(name):
                continue
            around = max(len(each) for each in Naming("").fixed(account)["bucket"])
            other = _other(stack, 63 - around)
            yield Problem(
                "",
                f"is of stack {stack}, whose name makes the {what} {name}, and allowed are "
                f"{RULES[what].words}: call the stack otherwise, "
                f"such as {other} (stacks/Pulumi.{other}.yaml)",
            )
            return
