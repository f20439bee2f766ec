"""What guilds and people decide, as conversation and credit serve it, over a real socket and failing on demand: a part of scripted_services."""

from collections import defaultdict

from parlour.conversation.v1 import conversation_pb2 as conv
from parlour.conversation.v1 import conversation_pb2_grpc
from parlour.credit.v1 import credit_pb2, credit_pb2_grpc
from services.runtime import errors

PRESETS = [
    conv.Preset(name="neutral", description="even and plain", persona=conv.Persona(formality=0)),
    conv.Preset(name="butler", description="very formal, dry and tactful", persona=conv.Persona(formality=2)),
]


class ScriptedGuildSettings(conversation_pb2_grpc.GuildSettingsServiceServicer):
    """Keeps the settings of each guild. `interferences` edits of somebody else's come before the next ones."""

    def __init__(self, faults) -> None:
        self._faults = faults
        self.by_guild: dict[str, conv.GuildSettings] = {}
        self.interferences = 0

    def of(self, guild_id: str) -> conv.GuildSettings:
        return self.by_guild.setdefault(guild_id, conv.GuildSettings(guild_id=guild_id, extraction=True))

    async def GetGuildSettings(self, request, context):
        await self._faults.meet("GetGuildSettings", request)
        return conv.GetGuildSettingsResponse(settings=self.of(request.guild_id))

    async def UpdateGuildSettings(self, request, context):
        await self._faults.meet("UpdateGuildSettings", request)
        stored = self.of(request.settings.guild_id)
        if self.interferences:
            self.interferences -= 1
            stored.version += 1
            stored.rules = f"{stored.rules}!"
        if request.settings.version != stored.version:
            raise errors.StaleVersion("changed meanwhile")
        if "<" in request.settings.rules:
            raise errors.InvalidField("settings.rules", "must not hold a mark")
        stored.CopyFrom(request.settings)
        stored.version += 1
        return conv.UpdateGuildSettingsResponse(settings=stored)


class ScriptedPersonas(conversation_pb2_grpc.PersonaServiceServicer):
    """Keeps what each person has set in each guild, and how it was before."""

    def __init__(self, faults) -> None:
        self._faults = faults
        self.own: dict[tuple[str, str], conv.Persona] = defaultdict(conv.Persona)
        self.before: dict[tuple[str, str], list[conv.Persona]] = defaultdict(list)
        self.interferences = 0

    async def GetPersona(self, request, context):
        await self._faults.meet("GetPersona", request)
        own = self.own[request.guild_id, request.user_id]
        merged = conv.Persona(formality=0, verbosity=0, humour=0, warmth=0, directness=0, emoji=0, language="")
        merged.MergeFrom(own)
        sources = {name: "user" if own.HasField(name) else "default" for name in ("formality", "verbosity", "humour", "warmth", "directness")}
        return conv.GetPersonaResponse(persona=merged, source="user", own=own, sources=sources | {"emoji": "guild", "language": "default"})

    async def UpdatePersona(self, request, context):
        await self._faults.meet("UpdatePersona", request)
        key = (request.guild_id, request.user_id)
        if self.interferences:
            self.interferences -= 1
            self.own[key].version += 1
        if request.persona.version != self.own[key].version:
            raise errors.StaleVersion("changed meanwhile")
        if request.persona.language == "klingon-xx-yy":
            raise errors.InvalidField("persona.language", "must be a tag")
        self.before[key].append(self.own[key])
        stored = conv.Persona()
        stored.CopyFrom(request.persona)
        stored.version += 1
        self.own[key] = stored
        return conv.UpdatePersonaResponse(persona=stored)

    async def UndoPersona(self, request, context):
        await self._faults.meet("UndoPersona", request)
        key = (request.guild_id, request.user_id)
        if not self.before[key]:
            return conv.UndoPersonaResponse(persona=self.own[key])
        self.own[key] = self.before[key].pop()
        return conv.UndoPersonaResponse(persona=self.own[key], undone=True, text="I talk as I did before.")

    async def ExplainPersona(self, request, context):
        await self._faults.meet("ExplainPersona", request)
        return conv.ExplainPersonaResponse(text="I write formally: you asked me to.")

    async def ListPersonaVersions(self, request, context):
        await self._faults.meet("ListPersonaVersions", request)
        return conv.ListPersonaVersionsResponse()

    async def ListPresets(self, request, context):
        await self._faults.meet("ListPresets", request)
        return conv.ListPresetsResponse(presets=PRESETS)


class ScriptedCreditAdmin(credit_pb2_grpc.CreditAdminServiceServicer):
    """Keeps what each pool pays a day; reports `rows`."""

    def __init__(self, faults, available: dict[str, int]) -> None:
        self._faults = faults
        self._available = available
        self.daily: dict[str, int] = {}
        self.rows: list[credit_pb2.UsageRow] = []

    async def SetPool(self, request, context):
        await self._faults.meet("SetPool", request)
        self.daily[request.account_id] = request.member_daily_microcredits
        return credit_pb2.SetPoolResponse(
            balance=credit_pb2.Balance(
                account_id=request.account_id,
                available_microcredits=self._available[request.account_id],
                member_daily_microcredits=request.member_daily_microcredits,
            )
        )

    async def ReportUsage(self, request, context):
        await self._faults.meet("ReportUsage", request)
        return credit_pb2.ReportUsageResponse(rows=self.rows)

    async def CreateGrant(self, request, context):
        await self._faults.meet("CreateGrant", request)
        return credit_pb2.CreateGrantResponse()
