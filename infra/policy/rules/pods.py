"""What pods may do on their nodes, and how they are described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from infra.policy.inputs import at, false, given, items, number, text, texts, true, unseen
from infra.policy.pods import TEMPLATES, called, containers, pod, setting
from infra.policy.references import cis_kubernetes, nsa
from infra.policy.rule import Rules
from infra.review.resource import Resource

RULES = Rules("Kubernetes")

_SERVES: Final = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:argoproj.io/v1alpha1:Rollout",
)
_HOST: Final = ("hostNetwork", "hostPID", "hostIPC")
SECRET_NAME: Final = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|SECRET_ACCESS_KEY|PSEUDONYM_KEY|SIGNING_KEY)$"
)
"""Names of variables whose values are secrets. A key that others may see ends otherwise."""


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-privileged",
    title="No container is privileged",
    reason="A privileged container is root on its node, and sees every pod there",
    remedy="leave securityContext.privileged out",
    severity="critical",
    references=[cis_kubernetes("5.2.2"), nsa("Pod security enforcement")],
)
def no_privileged(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if true(each, "securityContext", "privileged"):
            yield f"runs {called(each)} privileged"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-host-namespaces",
    title="No pod shares its node's network, processes or memory",
    reason="It would see the traffic and the processes of everything on the node, and no network policy "
    "holds for it",
    remedy="leave hostNetwork, hostPID and hostIPC out",
    severity="high",
    references=[cis_kubernetes(f"5.2.{number}") for number in (3, 4, 5)],
)
def no_host_namespaces(workload: Resource) -> Iterator[str]:
    shared = [key for key in _HOST if true(pod(workload), key)]
    if shared:
        yield f"shares its node by {', '.join(shared)}"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-privilege-escalation",
    title="No process in a container can gain rights that its parent has not",
    reason="Else a setuid program in an image is a way to root",
    remedy="set securityContext.allowPrivilegeEscalation to false",
    severity="high",
    references=[cis_kubernetes("5.2.6"), nsa("Pod security enforcement")],
)
def no_privilege_escalation(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if not false(each, "securityContext", "allowPrivilegeEscalation"):
            yield f"lets {called(each)} gain rights"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-non-root",
    title="No container runs as root",
    reason="Root in a container that gets out of it is root on the node",
    remedy="set runAsNonRoot, and runAsUser where the image names no user",
    severity="high",
    references=[cis_kubernetes("5.2.7"), nsa("Non-root containers")],
)
def non_root(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if (
            not true(setting(workload, each, "runAsNonRoot"))
            or number(setting(workload, each, "runAsUser")) == 0
        ):
            yield f"may run {called(each)} as root"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-drops-capabilities",
    title="Every container drops all capabilities and adds none",
    reason="NET_RAW alone is enough to take another pod's place on the network",
    remedy="set securityContext.capabilities.drop to ALL, and leave add out",
    severity="medium",
    references=[cis_kubernetes(f"5.2.{number}") for number in (8, 9, 10)],
)
def drops_capabilities(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        added = [
            name
            for name in texts(each, "securityContext", "capabilities", "add")
            if name != "NET_BIND_SERVICE"
        ]
        if added:
            yield f"gives {called(each)} {', '.join(added)}"
        elif "ALL" not in texts(each, "securityContext", "capabilities", "drop"):
            yield f"leaves {called(each)} capabilities that it need not have"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-host-path",
    title="No pod mounts a folder of its node",
    reason="A folder of the node outlives the pod, and may be the one that holds the kubelet's keys",
    remedy="use a volume claim, or an emptyDir",
    severity="high",
    references=[cis_kubernetes("5.2.12"), nsa("Pod security enforcement")],
)
def no_host_path(workload: Resource) -> Iterator[str]:
    for volume in items(pod(workload), "volumes"):
        if given(volume, "hostPath"):
            yield f"mounts {text(volume, 'hostPath', 'path') or 'a folder'} of its node"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-host-port",
    title="No container takes a port of its node",
    reason="The port is open wherever the node can be reached, whatever network policies say",
    remedy="leave hostPort out, and use a Service",
    severity="medium",
    references=[cis_kubernetes("5.2.13")],
)
def no_host_port(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if any(given(port, "hostPort") for port in items(each, "ports")):
            yield f"gives {called(each)} a port of its node"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-seccomp",
    title="Every container has a seccomp profile",
    reason="Most ways out of a container begin with a system call that no program here makes",
    remedy="set seccompProfile.type to RuntimeDefault",
    severity="medium",
    references=[cis_kubernetes("5.7.2"), nsa("Hardening container environments")],
)
def seccomp(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if setting(workload, each, "seccompProfile", "type") not in ("RuntimeDefault", "Localhost"):
            yield f"runs {called(each)} without a seccomp profile"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-read-only-root",
    title="No container can change its own files",
    reason="Who breaks in cannot put a program there",
    remedy="set readOnlyRootFilesystem, and mount an emptyDir where something must be written",
    severity="medium",
    references=[nsa("Immutable container file systems"), cis_kubernetes("5.7.3")],
)
def read_only_root(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if not true(each, "securityContext", "readOnlyRootFilesystem"):
            yield f"lets {called(each)} change its files"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-token",
    title="No pod gets a token for the API server that it does not need",
    reason="Nothing of the estate asks the API server, and a stolen token does",
    remedy="set automountServiceAccountToken to false",
    severity="medium",
    references=[cis_kubernetes("5.1.6"), nsa("Protecting Pod service account tokens")],
)
def no_token(workload: Resource) -> Iterator[str]:
    if not false(pod(workload), "automountServiceAccountToken"):
        yield "gets a token for the API server"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-own-account",
    title="Every pod has a service account of its own",
    reason="Rights that are given to default are given to every pod of the namespace",
    remedy="set serviceAccountName",
    severity="medium",
    references=[cis_kubernetes("5.1.5")],
)
def own_account(workload: Resource) -> Iterator[str]:
    name = at(pod(workload), "serviceAccountName")
    if name in (None, "", "default"):
        yield "runs as the namespace's default account"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-requests",
    title="Every container says how much CPU and memory it needs",
    reason="Without requests the scheduler puts too much on a node, and a quota refuses the pod",
    remedy="set resources.requests.cpu and memory",
    severity="medium",
    references=[nsa("Resource policies")],
)
def requests(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        absent = [kind for kind in ("cpu", "memory") if not given(each, "resources", "requests", kind)]
        if absent:
            yield f"does not say how much {' and '.join(absent)} {called(each)} needs"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-memory-limit",
    title="Every container has a limit of memory",
    reason="One that leaks takes its neighbours on the node with it",
    remedy="set resources.limits.memory",
    severity="medium",
    references=[nsa("Resource policies")],
)
def memory_limit(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        if not given(each, "resources", "limits", "memory"):
            yield f"lets {called(each)} take all memory of its node"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-image-pinned",
    title="Every image has a version or a digest",
    reason="What latest names changes from one pod to the next",
    remedy="name the image by a version, or better by its digest",
    severity="medium",
    references=[nsa("Building secure container images")],
)
def image_pinned(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        image = text(each, "image")
        if image is None or "@sha256:" in image:
            continue
        tag = image.rpartition("/")[2].partition(":")[2]
        if tag in ("", "latest"):
            yield f"runs {called(each)} from {image}, whichever image that is"


@RULES.of_resource(
    "kubernetes:helm.sh/v3:Release",
    name="k8s-chart-pinned",
    title="Every chart has one version",
    reason="A range, or none, is another chart in the next up, and no preview of that one was read",
    remedy="name the whole version, as infra/chart_pins.yaml does",
    severity="medium",
    references=[nsa("Building secure container images")],
)
def chart_pinned(release: Resource) -> Iterator[str]:
    version = at(release.inputs, "version")
    if not unseen(version) and not re.fullmatch(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?", str(version or "")):
        yield f"is of whichever version {version or 'the repository has'} means"


@RULES.of_resource(
    *TEMPLATES,
    name="k8s-no-secret-in-env",
    title="No secret stands in a pod's description",
    reason="Whoever may look at a pod, and every backup of the API server, then has it",
    remedy="put it into a Secret, and name that by valueFrom.secretKeyRef or as a file",
    severity="high",
    references=[cis_kubernetes("5.4.1"), nsa("Secrets")],
)
def no_secret_in_env(workload: Resource) -> Iterator[str]:
    for each in containers(workload):
        for variable in items(each, "env"):
            name = text(variable, "name") or ""
            if SECRET_NAME.search(name) and given(variable, "value") and not unseen(variable, "value"):
                yield f"holds the value of {name} of {called(each)}"


@RULES.of_resource(
    *_SERVES,
    name="k8s-probes",
    title="Everything that answers says when it is ready and when it is dead",
    reason="A rollout goes on over pods that do not answer, and a pod that hangs stays",
    remedy="give the container a readinessProbe and a livenessProbe",
    severity="medium",
)
def probes(workload: Resource) -> Iterator[str]:
    for each in items(pod(workload), "containers"):
        absent = [probe for probe in ("readinessProbe", "livenessProbe") if not given(each, probe)]
        if absent:
            yield f"gives {called(each)} no {' and no '.join(absent)}"


@RULES.of_resource(
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
    name="k8s-job-ends",
    title="Every job ends, however it goes",
    reason="A job that hangs on a GPU costs by the hour until somebody looks",
    remedy="set activeDeadlineSeconds",
    severity="medium",
)
def job_ends(job: Resource) -> Iterator[str]:
    spec = at(job.inputs, *(("spec", "jobTemplate", "spec") if job.type.endswith("CronJob") else ("spec",)))
    if not given(spec, "activeDeadlineSeconds"):
        yield "may run for ever"


@RULES.of_resource(
    *(kind for kind in TEMPLATES),
    "kubernetes:core/v1:Service",
    "kubernetes:core/v1:Secret",
    "kubernetes:core/v1:ConfigMap",
    name="k8s-not-in-default",
    title="Nothing stands in the namespaces default and kube-system",
    reason="There are neither quotas nor network policies of ours, and rights in kube-system are those of "
    "the cluster",
    remedy="name a namespace of the estate",
    severity="medium",
    references=[cis_kubernetes("5.7.4"), nsa("Namespaces")],
)
def not_in_default(workload: Resource) -> Iterator[str]:
    namespace = at(workload.inputs, "metadata", "namespace")
    if namespace in (None, "", "default", "kube-system", "kube-public"):
        yield f"stands in the namespace {namespace or 'default'}"
