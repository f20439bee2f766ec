"""Who may call the credit service, where calls come over TLS. Nobody who is not named may."""

from services.runtime.callers import OPERATOR, allowed

ALLOWED_CALLERS = {
    **allowed(
        "parlour.credit.v1.CreditService",
        {
            "PlaceHold": ["gateway"],
            "CaptureHold": ["gateway"],
            "ReleaseHold": ["gateway"],
            "GetHold": ["gateway"],
            "GetBalance": ["gateway", "conversation", OPERATOR],
            "ListEntries": ["gateway", "conversation", OPERATOR],
            "ListGrants": ["gateway", "conversation", OPERATOR],
            "Transfer": ["gateway", OPERATOR],
            "RecordUsage": ["conversation"],
            "AcquireLease": ["gateway"],
            "RenewLease": ["gateway"],
            "SettleLease": ["gateway"],
        },
    ),
    **allowed(
        "parlour.credit.v1.CreditAdminService",
        {
            "CreateGrant": [OPERATOR],
            "RevokeGrant": [OPERATOR],
            "SetTier": [OPERATOR],
            "SetPool": ["gateway", OPERATOR],
            "CloseAccount": [OPERATOR],
            "FreezeAccount": [OPERATOR],
            "RefundCapture": [OPERATOR],
            "Reconcile": [OPERATOR],
            "ListFindings": [OPERATOR],
            "ResolveFinding": [OPERATOR],
            "ReportUsage": ["gateway", OPERATOR],
            "ExportEntries": [OPERATOR],
            "EraseSubject": ["conversation"],
        },
    ),
}
