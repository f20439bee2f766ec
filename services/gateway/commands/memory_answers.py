"""Commands about a person's own memories, carried out: remember, list, change, delete, forget after asking, and bring back."""

import time
from collections.abc import Callable, Mapping

from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.gateway import notices, requests
from services.gateway.commands.finals import Handler, is_personal, is_typed, quotable, said, shown_of, texts_of
from services.gateway.commands.offers import Offer, Offers, Slot
from services.gateway.commands.parsing import Kind, without_invisible
from services.gateway.commands.questions import Questions
from services.gateway.events import Final
from services.gateway.settings import GatewaySettings
from services.memory.client import MemoryClient
from services.runtime.errors import NotFound, ParlourError, PermissionRefused, PlanExpired, StaleVersion

MEMORY_CHARS_MAX = 2_000
"""What the memory service accepts in one text."""

FORGET = "forget"
"""What an offer is about that waits for a yes, or was carried out."""
UNDONE = "undone"
_LIST = "list"


class MemoryAnswers:
    """Carries out commands about memories: only ever the person's own, which the memory service sees to by the viewer that each call names.

    Every method raises ParlourError, which is said in plain words by whoever calls.
    """

    away = "memory_command_unavailable"

    def __init__(
        self, memory: MemoryClient, offers: Offers, questions: Questions, settings: GatewaySettings, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._memory = memory
        self._offers = offers
        self._questions = questions
        self._settings = settings
        self._now_s = wall_clock

    def handlers(self) -> Mapping[Kind, Handler]:
        """Who carries out which kind of command. Yes, no and undo are not here: they may mean other commands, too."""
        return {Kind.REMEMBER: self.remember, Kind.LIST: self.memories, Kind.FORGET: self.offer_forget}

    async def remember(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Store what a person states."""
        refusal = _unfit(message, text, "remember_what")
        if refusal is not None:
            return refusal
        added = await self._memory.add_memory(requests.add_memory(message, text), timeout_s=self._settings.command_s)
        final = said(message, notices.words(_remembered_key(added), text=texts_of([added.memory])), private=is_typed(message))
        final.remembered.extend(shown_of([added.memory]))
        return final

    async def memories(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Show the first page of what is remembered, or the one behind the last that was shown here."""
        if text.lower() not in ("", "more"):
            return said(message, notices.words("memories_form"), private=is_typed(message))
        if not text:
            return await self.page(message, "", private=is_personal(message))
        shown = await self._offers.get(Slot.LISTED, message)
        if shown is None:
            return said(message, notices.words("memories_no_more"), private=is_typed(message))
        return await self.page(message, shown.token, private=is_personal(message))

    async def page(self, message: gateway_pb2.IncomingMessage, page_token: str, *, private: bool = True) -> Final:
        """Show one page; an empty token is the first."""
        found = await self._memory.list_memories(
            memory_pb2.ListMemoriesRequest(viewer=requests.viewer_of(message), page_size=self._settings.listed_max, page_token=page_token),
            timeout_s=self._settings.command_s,
        )
        final = said(message, _listing(found, first=not page_token), private=private)
        final.memories.extend(shown_of(found.memories))
        final.next_page_token = found.next_page_token
        if found.next_page_token:
            until_s = self._now_s() + self._settings.forget_offer_s
            await self._offers.put(Slot.LISTED, message, self._offer(message, _LIST, found.next_page_token, until_s))
        else:
            await self._offers.drop(Slot.LISTED, message)
        return final

    async def edit(self, message: gateway_pb2.IncomingMessage, edit: gateway_pb2.MemoryEdit) -> Final:
        """Change a memory that a listing showed, unless it was changed meanwhile."""
        text = without_invisible(edit.text)
        refusal = _unfit(message, text, "edit_what", private=True)
        if refusal is not None:
            return refusal
        request = memory_pb2.UpdateMemoryRequest(
            request_id=f"{requests.turn_id_of(message)}:update-memory",
            viewer=requests.viewer_of(message),
            memory_id=edit.memory_id,
            version=max(1, edit.version),
            text=text,
        )
        try:
            changed = (await self._memory.update_memory(request, timeout_s=self._settings.command_s)).memory
        except (StaleVersion, NotFound, PermissionRefused) as error:
            return _not_as_shown(message, error)
        key = "quarantined" if changed.quarantined else "edited"
        final = said(message, notices.words(key, text=texts_of([changed])), private=True)
        final.remembered.extend(shown_of([changed]))
        return final

    async def delete(self, message: gateway_pb2.IncomingMessage, deletion: gateway_pb2.MemoryDeletion) -> Final:
        """Delete a memory that a listing showed, unless it was changed meanwhile.

        It is gone at once, without a plan that could be undone: the answer repeats it, and how to say it again.
        """
        viewer = requests.viewer_of(message)
        request = memory_pb2.DeleteMemoryRequest(
            request_id=f"{requests.turn_id_of(message)}:delete-memory", viewer=viewer, memory_id=deletion.memory_id
        )
        try:
            held = await self._as_shown(memory_pb2.GetMemoryRequest(viewer=viewer, memory_id=deletion.memory_id), deletion.version)
            await self._memory.delete_memory(request, timeout_s=self._settings.command_s)
        except (StaleVersion, NotFound, PermissionRefused) as error:
            return _not_as_shown(message, error)
        if held is None:
            return said(message, notices.words("deleted_before"), private=True)
        return said(message, notices.words("deleted", text=notices.list_text([quotable(held.text)])), private=True)

    async def _as_shown(self, request: memory_pb2.GetMemoryRequest, version: int) -> memory_pb2.Memory | None:
        """The memory, or None where it is gone: it may be this very request that deleted it. Raises StaleVersion where it was changed since."""
        try:
            memory = (await self._memory.get_memory(request, timeout_s=self._settings.command_s)).memory
        except NotFound:
            return None
        if memory.version > version > 0:
            raise StaleVersion("changed since it was shown")
        return memory

    async def offer_forget(self, message: gateway_pb2.IncomingMessage, text: str) -> Final:
        """Show what would be forgotten, and wait for a yes."""
        refusal = _unfit(message, text, "forget_what")
        if refusal is not None:
            return refusal
        request = memory_pb2.PlanForgetRequest(
            request_id=f"{requests.turn_id_of(message)}:plan-forget", viewer=requests.viewer_of(message), text=text
        )
        plan = await self._memory.plan_forget(request, timeout_s=self._settings.command_s)
        if not plan.plan_id or not plan.memories:
            return said(message, notices.words("forget_nothing"), private=is_typed(message))
        await self._questions.ask(message, FORGET, plan.plan_id, plan.expire_time.ToMilliseconds() / 1000)
        text = notices.words("forget_offer", count=notices.count_text(len(plan.memories)), list=texts_of(plan.memories))
        final = said(message, text, private=is_personal(message))
        final.forget_offer.plan_id = plan.plan_id
        final.forget_offer.memories.extend(shown_of(plan.memories))
        return final

    async def forget(self, message: gateway_pb2.IncomingMessage, plan_id: str) -> Final:
        """Carry out a plan; once more, it answers the same."""
        request = memory_pb2.CommitForgetRequest(
            request_id=f"{requests.turn_id_of(message)}:commit-forget", viewer=requests.viewer_of(message), plan_id=plan_id
        )
        try:
            done = await self._memory.commit_forget(request, timeout_s=self._settings.command_s)
        except NotFound as error:  # a plan that was dropped for its age, or somebody else's
            raise PlanExpired("the plan is not there") from error
        await self._questions.answered(message, plan_id)
        await self._offers.put(Slot.DONE, message, self._offer(message, FORGET, plan_id, done.undo_until_time.ToMilliseconds() / 1000))
        final = said(message, notices.words("forget_done", count=notices.count_text(done.forgotten)))
        final.forget_done.CopyFrom(gateway_pb2.ForgetDone(plan_id=plan_id, forgotten=done.forgotten, undo_until_time=done.undo_until_time))
        return final

    async def undo(self, message: gateway_pb2.IncomingMessage, plan_id: str) -> Final:
        """Bring back what a plan forgot; once more, it answers the same."""
        request = memory_pb2.UndoForgetRequest(
            request_id=f"{requests.turn_id_of(message)}:undo-forget", viewer=requests.viewer_of(message), plan_id=plan_id
        )
        try:
            undone = await self._memory.undo_forget(request, timeout_s=self._settings.command_s)
        except (NotFound, PlanExpired):
            return said(message, notices.words("undo_too_late"))
        done = await self._offers.get(Slot.DONE, message)
        if done is not None and done.token == plan_id:
            # Not dropped: the same message once more, after a restart, must find it.
            await self._offers.put(Slot.DONE, message, self._offer(message, UNDONE, plan_id, done.until_s))
        return said(message, notices.words("undone", count=notices.count_text(undone.restored)))

    def _offer(self, message: gateway_pb2.IncomingMessage, about: str, token: str, until_s: float) -> Offer:
        return Offer(about, token, self._now_s(), until_s, requests.turn_id_of(message))


def _unfit(message: gateway_pb2.IncomingMessage, text: str, missing_key: str, *, private: bool | None = None) -> Final | None:
    """What is said of a text that cannot be remembered or forgotten; None of any other."""
    private = is_typed(message) if private is None else private
    if not text:
        return said(message, notices.words(missing_key), private=private)
    if len(text) > MEMORY_CHARS_MAX:
        return said(message, notices.words("too_long_to_remember", limit=MEMORY_CHARS_MAX), private=private)
    return None


def _not_as_shown(message: gateway_pb2.IncomingMessage, error: ParlourError) -> Final:
    keys = {StaleVersion.reason: "memory_changed_meanwhile", NotFound.reason: "memory_gone", PermissionRefused.reason: "memory_not_yours"}
    return said(message, notices.words(keys[error.reason]), private=True)


def _listing(found: memory_pb2.ListMemoriesResponse, *, first: bool) -> str:
    if not found.memories:
        return notices.words("memories_none" if first else "memories_no_more")
    listed, total = len(found.memories), max(found.total_size, len(found.memories))
    if not first:
        return notices.words("memories_next" if found.next_page_token else "memories_last", list=texts_of(found.memories))
    key = "memories_more" if found.next_page_token else "memories"
    return notices.words(key, count=notices.count_text(total), list=texts_of(found.memories), more=total - listed)


def _remembered_key(added: memory_pb2.AddMemoryResponse) -> str:
    if added.memory.quarantined:
        return "quarantined"
    return "already_remembered" if added.duplicate else "remembered"
