"""Between the protos of personas and what the service works with."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.personas.persona import DIMENSIONS
from services.conversation.personas.persona_explanation import Reason
from services.conversation.personas.persona_layers import NAMES, InForce, Layer, Value, Version
from services.conversation.personas.persona_presets import Preset


def values_of(persona: pb.Persona) -> dict[str, Value]:
    """Return all that a layer sets, as it came: None for what is left to the next layer."""
    values: dict[str, Value] = {name: getattr(persona, name) if persona.HasField(name) else None for name in NAMES}  # type: ignore[arg-type]
    return values | {"instructions": persona.instructions or None}


def layer_proto(layer: Layer) -> pb.Persona:
    """Return what a layer sets, as it is sent."""
    fields = {name: value for name, value in layer.values().items() if value is not None}
    return pb.Persona(**fields, version=layer.version)  # type: ignore[arg-type]  # each value is of its field's kind


def in_force_proto(persona: InForce) -> pb.GetPersonaResponse:
    """Return the persona in force as it is sent: every dimension is set."""
    merged = persona.persona
    sent = pb.Persona(
        **{name: getattr(merged, name) for name in NAMES},
        instructions="\n".join(words for words in (merged.guild_instructions, merged.instructions) if words),
        version=merged.version,
    )
    sources = {name: str(source) for name, source in persona.sources.items()}
    return pb.GetPersonaResponse(persona=sent, source=persona.source, own=layer_proto(persona.own), sources=sources)


def version_proto(version: Version) -> pb.PersonaVersion:
    """Return a version as it is sent."""
    return pb.PersonaVersion(
        persona=layer_proto(version.layer), update_time=_timestamp(version.update_time), origin=version.origin, quote=version.quote
    )


def reason_proto(reason: Reason) -> pb.PersonaReason:
    """Return a reason as it is sent."""
    return pb.PersonaReason(
        dimension=reason.name,
        value=str(reason.value),
        source=reason.source,
        origin=reason.origin or "",
        quote=reason.quote,
        update_time=_timestamp(reason.update_time) if reason.update_time else None,
    )


def preset_proto(preset: Preset) -> pb.Preset:
    """Return a preset as it is sent."""
    persona = pb.Persona(**{name: preset.dimensions[name] for name in DIMENSIONS})  # type: ignore[arg-type]
    return pb.Preset(name=preset.name, description=preset.description, persona=persona)


def _timestamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
