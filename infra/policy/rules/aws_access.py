"""Who may do what in AWS."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Final

from infra.policy.iam import actions, allowing, named, principals, resources, statements
from infra.policy.inputs import items, text
from infra.policy.references import DESIGN, cis_aws, fsbp
from infra.policy.rule import Reference, Rules
from infra.review.resource import Resource

RULES = Rules("AWS")

_POLICIES: Final = (
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/policy:Policy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
_ATTACHMENTS: Final = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/role:Role",
)
_ROLE: Final = "aws:iam/role:Role"
TOO_MUCH: Final = frozenset(
    {"AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AmazonS3FullAccess", "AmazonEC2FullAccess"}
)
DECRYPTS: Final = frozenset({"kms:decrypt", "kms:reencryptfrom", "kms:*", "*"})
_POD_TAGS: Final = ("eks-cluster-name", "kubernetes-namespace", "kubernetes-service-account")
SERIOUS: Final = frozenset({"HIGH", "MEDIUM"})
"""What parliament finds and is worth a refusal; the rest it calls LOW or MUTED."""


@RULES.of_resource(
    *_POLICIES,
    name="aws-iam-no-administrator",
    title="No policy allows everything on everything",
    reason="One stolen token of such a role is the whole account",
    remedy="name the actions and the resources that are needed",
    severity="critical",
    references=[fsbp("IAM.1")],
)
def no_administrator(policy: Resource) -> Iterator[str]:
    for each in allowing(policy.inputs, "policy"):
        if "*" in actions(each) and "*" in resources(each):
            yield f"allows everything on everything by {named(each)}"


@RULES.of_resource(
    *_POLICIES,
    name="aws-iam-no-wildcard-actions",
    title="No policy allows all actions of a service",
    reason="Next year's action of the service is allowed with it",
    remedy="name the actions that are needed",
    severity="high",
    references=[fsbp("IAM.21")],
)
def no_wildcard_actions(policy: Resource) -> Iterator[str]:
    for each in allowing(policy.inputs, "policy"):
        whole = [action for action in actions(each) if action.endswith(":*") or action == "*"]
        if whole:
            yield f"allows {', '.join(whole)} by {named(each)}"


@RULES.of_resource(
    *_POLICIES,
    name="aws-iam-no-decrypt-everything",
    title="No policy allows to decrypt with every key",
    reason="Who may use every key reads what each of them was made to keep apart",
    remedy="name the key",
    severity="high",
    references=[fsbp("KMS.1"), fsbp("KMS.2")],
)
def no_decrypt_everything(policy: Resource) -> Iterator[str]:
    for each in allowing(policy.inputs, "policy"):
        every_key = any(arn == "*" or arn.endswith(":key/*") for arn in resources(each))
        if every_key and DECRYPTS & {*actions(each)}:
            yield f"allows to decrypt with every key by {named(each)}"


@RULES.of_resource(
    *_POLICIES,
    name="aws-iam-no-pass-any-role",
    title="No policy allows to hand every role to a service",
    reason="Whoever may pass any role to a machine of theirs has that role's rights",
    remedy="name the role in the statement that allows iam:PassRole",
    severity="high",
    references=[
        Reference(
            "IAM user guide",
            "iam:PassRole",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        )
    ],
)
def no_pass_any_role(policy: Resource) -> Iterator[str]:
    for each in allowing(policy.inputs, "policy"):
        if {"iam:passrole", "iam:*"} & {*actions(each)} and any(
            arn == "*" or arn.endswith(":role/*") for arn in resources(each)
        ):
            yield f"allows to pass every role by {named(each)}"


@RULES.of_resource(
    "aws:iam/user:User",
    "aws:iam/accessKey:AccessKey",
    "aws:iam/userLoginProfile:UserLoginProfile",
    name="aws-iam-no-users",
    title="The estate makes no users and no long-lived keys",
    reason="A key that never expires is found in the end, in a log or in a repository",
    remedy="let pods have roles by Pod Identity, pods of the private site by its OIDC issuer, and people by "
    "IAM Identity Center",
    severity="high",
    references=[fsbp("IAM.3"), cis_aws("1.14"), DESIGN],
)
def no_users(_: Resource) -> Iterator[str]:
    yield "is a user or a key that never expires"


@RULES.of_resource(
    _ROLE,
    name="aws-iam-trust-bounded",
    title="Every role says exactly who may assume it",
    reason="A role that everyone may assume, or every pod of an issuer, is nobody's",
    remedy="name the account or the service; for an OIDC issuer add a condition on :sub and :aud",
    severity="critical",
    references=[
        Reference(
            "IAM user guide",
            "Creating a role for OIDC federation",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        )
    ],
)
def trust_bounded(role: Resource) -> Iterator[str]:
    for each in allowing(role.inputs, "assumeRolePolicy"):
        if "*" in principals(each) and not each.get("Condition"):
            yield f"can be assumed by everyone, by {named(each)}"
        elif "sts:assumerolewithwebidentity" in actions(each):
            conditions = json.dumps(each.get("Condition") or {})
            if ":sub" not in conditions:
                yield f"can be assumed by every pod of its issuer, by {named(each)}"


@RULES.of_resource(
    _ROLE,
    name="aws-iam-pod-trust-named",
    title="A role of Pod Identity says which pods may have it",
    reason="Else whoever may write an association gives it to any pod of any cluster of the account",
    remedy="add a condition on aws:RequestTag/eks-cluster-name, kubernetes-namespace and "
    "kubernetes-service-account",
    severity="medium",
    references=[
        Reference(
            "EKS user guide",
            "Create IAM role with trust policy required by EKS Pod Identity, Setting Conditions",
            "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
        )
    ],
)
def pod_trust_named(role: Resource) -> Iterator[str]:
    for each in allowing(role.inputs, "assumeRolePolicy"):
        if "pods.eks.amazonaws.com" in principals(each):
            conditions = json.dumps(each.get("Condition") or {})
            missing = [tag for tag in _POD_TAGS if f"aws:RequestTag/{tag}" not in conditions]
            if missing:
                yield f"does not ask for {', '.join(missing)}, by {named(each)}"


@RULES.of_resource(
    *_ATTACHMENTS,
    name="aws-iam-no-broad-managed-policy",
    title="No role has one of AWS's policies for administrators",
    reason="They are written for people who set up accounts, and allow what no program needs",
    remedy="write a policy that names what is needed",
    severity="high",
    references=[fsbp("IAM.1")],
)
def no_broad_managed_policy(attachment: Resource) -> Iterator[str]:
    arns = [text(attachment.inputs, "policyArn"), *items(attachment.inputs, "managedPolicyArns")]
    for arn in arns:
        name = str(arn).rpartition("/")[2]
        if name in TOO_MUCH:
            yield f"attaches {name}"


@RULES.of_resource(
    *_POLICIES,
    name="aws-iam-policy-sound",
    title="Every IAM policy says what its author means",
    reason="An action that does not exist, or a resource that an action never has, allows nothing or too "
    "much",
    remedy="mend what parliament finds",
    severity="medium",
    references=[
        Reference("parliament", "analyze_policy_string", "https://github.com/duo-labs/parliament"),
    ],
)
def policy_sound(policy: Resource) -> Iterator[str]:
    said = statements(policy.inputs, "policy")
    # It is not where a user installed the extra `estate` alone; the pack and the tests have it.
    if not said or find_spec("parliament") is None:
        return
    document = {"Version": "2012-10-17", "Statement": said}
    with warnings.catch_warnings():
        # Of pkg_resources, by which it reads its data.
        warnings.simplefilter("ignore")
        import parliament

    for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
        rated = parliament.enhance_finding(finding)
        if rated.severity in SERIOUS:
            detail = rated.detail if isinstance(rated.detail, str) else ""
            yield f"is not sound: {rated.title}{f' ({detail})' if detail else ''}"
