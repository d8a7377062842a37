"""``docs/policy.md``: every rule, as it stands in the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from infra.policy.rule import Domain, Rule
from infra.policy.rules import RULES

FILE: Final = "docs/policy.md"

_TOP: Final = """\
# The policy

{count} rules over both sites, what runs on them and what they cost. Each is a plain function over what a
program declares; the same functions judge a preview (`isthmus review`), and refuse an up as a policy pack
of the engine:

<!-- not run: it needs a cloud, or the rehearsal's shell -->
```sh
pulumi up --policy-pack infra/policy          # in `isthmus env`, or with your own engine and credentials
isthmus review prod --sarif findings.sarif    # no credentials; the file is for a forge's code scanning
isthmus policy list --domain Kubernetes       # this page, on a terminal
```

`critical`, `high` and `medium` refuse a stack; `low` is only told. What cannot be known before the change
is made, such as a policy with the ARN of a bucket that is not there yet, is not held against anyone in a
preview; the engine asks once more when it is. `pulumi up` previews first, so a breach ends it before
anything is made; with `--skip-preview` the rules about single resources still do, and those about the whole
stack only at the end.

## Exceptions

Where a stack may break a rule, its stack file says for which resource, who answers for it, why, and until
when. A `*` stands for any part of a name. After its last day an exception refuses the stack itself, and
says so; so does one that names no rule or no resource.

```yaml
config:
  isthmus:policy:
    exceptions:
      - rule: openstack-no-floating-ip
        resource: openstack-gateway-*
        owner: platform@example.org
        reason: the gateways of the link speak IPsec to AWS, and nothing else is open on them
        expires: "2027-06-30"
```

## Add a rule

1. A function in a module of `infra/policy/rules/`: a resource in, what is wrong with it out, as the end of
   a sentence that begins with its name (`yield "keeps its logs for ever"`). `@RULES.of_resource(TYPES…,
   name=…, title=…, reason=…, remedy=…, severity=…, references=[…])` makes it a rule; `@RULES.of_stack`
   where it needs to see the rest. Its name never changes, since exceptions name it.
2. Read inputs by `infra/policy/inputs.py`: strangers' programs are judged too, and an unknown is never a
   breach.
3. A control that it checks gets its id looked up, and a line in `references`.
4. A stack that keeps it and one that breaks it in `tests/infra/policy/cases/`; a rule without both fails.
5. `python -m infra.policy.page` writes this page again.

"""

_END: Final = """\
## What judges beside it

parliament reads the IAM policies (`aws-iam-policy-sound`), where the group `policy` of the lock is
installed, as in a clone. checkov cannot share an environment with this project (it wants packaging older
than 24 and one version of boto3), and is not run.
"""


def text() -> str:
    """The page."""
    return "\n".join([_TOP.format(count=len(RULES)).rstrip("\n"), "", *_tables(), _END.rstrip("\n"), ""])


def _tables() -> Iterator[str]:
    for domain in get_args(Domain):
        yield f"## {domain}"
        yield ""
        yield "| rule | severity | holds | why, and what to do | references |"
        yield "|---|---|---|---|---|"
        for rule in RULES:
            if rule.domain == domain:
                yield _row(rule)
        yield ""


def _row(rule: Rule) -> str:
    references = ", ".join(f"[{each}]({_link(each.url)})" for each in rule.references)
    cells = (
        f"`{rule.name}`",
        rule.severity,
        rule.title,
        f"{rule.reason}. {_capital(rule.remedy)}.",
        references,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _link(url: str) -> str:
    return url.removeprefix("docs/") if not url.startswith("https://") else url


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


if __name__ == "__main__":
    from pathlib import Path

    Path(FILE).write_text(text(), encoding="utf-8")
