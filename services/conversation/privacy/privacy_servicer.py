"""What people may do with what is stored of them, and with what they said. Translates, nothing else."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
from sqlalchemy.ext.asyncio import AsyncSession

from parlour.conversation.v1 import conversation_pb2 as pb
from parlour.conversation.v1 import conversation_pb2_grpc
from services.conversation.privacy.erasure import Progress
from services.conversation.privacy.message_changes import delete_messages, edit_message
from services.conversation.privacy.opt_out import set_opt_out
from services.conversation.privacy.privacy import Privacy
from services.conversation.proto_forms import conversation_key
from services.conversation.requests import once
from services.runtime.database import retry_stale

type _Context[A] = grpc.aio.ServicerContext[Any, A]


class PrivacyCalls(conversation_pb2_grpc.ConversationServiceServicer):
    """Opt-out, export, erasure, edits and deletions."""

    _privacy: Privacy

    async def SetOptOut(self, request: pb.SetOptOutRequest, context: _Context[pb.SetOptOutResponse]) -> pb.SetOptOutResponse:
        """Opt a person out of being remembered, or in again."""

        async def act(session: AsyncSession) -> pb.SetOptOutResponse:
            await set_opt_out(session, request.user_id, opted_out=request.opted_out)
            return pb.SetOptOutResponse(opted_out=request.opted_out)

        return await retry_stale(lambda: once(self._privacy.database, request, pb.SetOptOutResponse, act))

    async def ExportSubject(
        self, request: pb.ExportSubjectRequest, context: _Context[pb.ExportSubjectResponse]
    ) -> AsyncIterator[pb.ExportSubjectResponse]:
        """Stream what is stored about a person."""
        async with aclosing(self._privacy.exports.read(request.user_id)) as chunks:
            async for chunk in chunks:
                yield pb.ExportSubjectResponse(json_lines=chunk)

    async def EraseSubject(self, request: pb.EraseSubjectRequest, context: _Context[pb.EraseSubjectResponse]) -> pb.EraseSubjectResponse:
        """Begin the erasure of a person, or tell how far the one that this request began is."""
        progress = await self._privacy.erasures.begin(request.request_id, request.user_id)
        response = pb.EraseSubjectResponse(
            erasure_id=progress.erasure_id,
            complete=progress.complete_time is not None,
            erased_by_table=progress.erased,
            receipt_hash=progress.receipt_hash,
        )
        if progress.backups_expire_time is not None:
            response.backups_expire_time.FromDatetime(progress.backups_expire_time)
        return response

    async def GetErasure(self, request: pb.GetErasureRequest, context: _Context[pb.GetErasureResponse]) -> pb.GetErasureResponse:
        """Tell how far an erasure is."""
        return _erasure(await self._privacy.erasures.get(request.erasure_id))

    async def EditMessage(self, request: pb.EditMessageRequest, context: _Context[pb.EditMessageResponse]) -> pb.EditMessageResponse:
        """Change the text of a person's own message."""
        where = conversation_key(request.conversation)

        async def act(session: AsyncSession) -> pb.EditMessageResponse:
            changed = await edit_message(session, where, request.message_id, request.author_id, request.text)
            if changed:
                await self._privacy.follow_changes(session, where)
            return pb.EditMessageResponse(changed=changed)

        return await retry_stale(lambda: once(self._privacy.database, request, pb.EditMessageResponse, act))

    async def DeleteMessages(self, request: pb.DeleteMessagesRequest, context: _Context[pb.DeleteMessagesResponse]) -> pb.DeleteMessagesResponse:
        """Take messages out of a conversation."""
        where = conversation_key(request.conversation)

        async def act(session: AsyncSession) -> pb.DeleteMessagesResponse:
            deleted = await delete_messages(session, where, request.message_ids, request.author_id)
            if deleted:
                await self._privacy.follow_changes(session, where)
            return pb.DeleteMessagesResponse(deleted=deleted)

        return await retry_stale(lambda: once(self._privacy.database, request, pb.DeleteMessagesResponse, act))


def _erasure(progress: Progress) -> pb.GetErasureResponse:
    response = pb.GetErasureResponse(complete=progress.complete_time is not None, erased_by_table=progress.erased, receipt_hash=progress.receipt_hash)
    if progress.complete_time is not None:
        response.complete_time.FromDatetime(progress.complete_time)
    if progress.backups_expire_time is not None:
        response.backups_expire_time.FromDatetime(progress.backups_expire_time)
    return response
