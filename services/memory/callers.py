"""Who may call the memory service, where calls come over TLS. Nobody who is not named may."""

from services.runtime.callers import OPERATOR, allowed

ALLOWED_CALLERS = {
    **allowed(
        "parlour.memory.v1.MemoryService",
        {
            "AddMemory": ["gateway"],
            "BatchAddMemories": [],
            "UpdateMemory": ["gateway"],
            "DeleteMemory": ["gateway"],
            "ObserveMessages": ["conversation"],
            "PlanForget": ["gateway", OPERATOR],
            "CommitForget": ["gateway", OPERATOR],
            "UndoForget": ["gateway", OPERATOR],
            "ImportMemories": [OPERATOR],
            "ListQuarantine": ["gateway", OPERATOR],
            "ReleaseQuarantined": ["gateway", OPERATOR],
            "EraseSubject": ["conversation", OPERATOR],
            "ReembedMemories": [OPERATOR],
            "GetReembedding": [OPERATOR],
        },
    ),
    **allowed(
        "parlour.memory.v1.MemoryQueryService",
        {
            "SearchMemories": ["gateway", OPERATOR],
            "ListMemories": ["gateway", OPERATOR],
            "GetMemory": ["gateway"],
            "ExportMemories": ["conversation", OPERATOR],
        },
    ),
}
