"""What the service knows of the people who talk: their sessions, which are hot, and their relationships, which are kept."""

from dataclasses import dataclass

from services.conversation.people.relationship_store import RelationshipStore
from services.conversation.people.sessions import Sessions


@dataclass(frozen=True, slots=True)
class People:
    """Sessions and relationships of one process."""

    sessions: Sessions
    relationships: RelationshipStore
