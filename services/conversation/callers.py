"""Who may call the conversation service, where calls come over TLS. Nobody who is not named may."""

from services.runtime.callers import OPERATOR, allowed

ALLOWED_CALLERS = {
    **allowed(
        "parlour.conversation.v1.ConversationService",
        {
            "BeginTurn": ["gateway"],
            "Reply": ["gateway"],
            "EndTurn": ["gateway"],
            "ClaimOrphanedTurns": ["gateway"],
            "AppendMessages": [],
            "ListMessages": ["gateway"],
            "EditMessage": ["gateway"],
            "DeleteMessages": ["gateway"],
            "Summarize": ["gateway"],
            "ResetConversation": ["gateway"],
            "ExportSubject": ["gateway", OPERATOR],
            "EraseSubject": ["gateway", OPERATOR],
            "GetErasure": ["gateway", OPERATOR],
            "SetOptOut": ["gateway", OPERATOR],
            "GetRelationship": [],
        },
    ),
    **allowed("parlour.conversation.v1.LanguageModelService", {"Complete": ["memory"]}),
    **allowed(
        "parlour.conversation.v1.PersonaService",
        {
            "GetPersona": ["gateway", OPERATOR],
            "UpdatePersona": ["gateway", OPERATOR],
            "UndoPersona": ["gateway", OPERATOR],
            "ExplainPersona": ["gateway", OPERATOR],
            "ListPersonaVersions": ["gateway", OPERATOR],
            "ListPresets": ["gateway", OPERATOR],
        },
    ),
    **allowed(
        "parlour.conversation.v1.GuildSettingsService",
        {
            "GetGuildSettings": ["gateway", OPERATOR],
            "UpdateGuildSettings": ["gateway", OPERATOR],
            "ListGuildSettingsVersions": [OPERATOR],
        },
    ),
    **allowed(
        "parlour.conversation.v1.BlockService",
        {
            "BlockSubject": [OPERATOR],
            "UnblockSubject": [OPERATOR],
            "ListBlocks": ["gateway", OPERATOR],
        },
    ),
}
