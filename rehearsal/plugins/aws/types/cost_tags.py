"""Tags by which the bill can be read, active or not."""

from __future__ import annotations

from rehearsal.plugins.aws.resource_type import AwsType, Call, Update


def _set(status: str) -> Call:
    # https://docs.aws.amazon.com/goto/WebAPI/ce-2017-10-25/UpdateCostAllocationTagsStatus: what is set to
    # what it is stays so.
    return Call(
        "UpdateCostAllocationTagsStatus",
        {"CostAllocationTagsStatus": [{"TagKey": "$inputs.tagKey", "Status": status}]},
        recorded=True,
    )


ROWS: tuple[AwsType, ...] = (
    AwsType(
        type="aws:costexplorer/costAllocationTag:CostAllocationTag",
        service="ce",
        create=_set("$inputs.status"),
        id="inputs.tagKey",
        delete=_set("Inactive"),
        fields={"tagKey": "", "status": ""},
        outputs={"type": "'UserDefined'"},
        updates=(Update(("status",), _set("$inputs.status")),),
        unique_by=("tagKey",),
        recorded=True,
        repeatable=True,
    ),
)
