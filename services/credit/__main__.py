"""The credit service: `python -m services.credit serve|migrate`."""

from parlour.credit.v1 import credit_pb2_grpc as pb_grpc
from services.credit import jobs as credit_jobs
from services.credit.admin_servicer import CreditAdminServicer
from services.credit.auditor import Auditor
from services.credit.callers import ALLOWED_CALLERS
from services.credit.erasure import Erasure
from services.credit.journal import Reach
from services.credit.posting import Limits
from services.credit.pricing import load_price_list
from services.credit.reading import Reader
from services.credit.reconcile import Extent
from services.credit.servicer import CreditServicer
from services.credit.settings import CreditSettings
from services.credit.shard import ShardLimits
from services.credit.teller import Teller
from services.runtime.database import LOOKED_UP, Database
from services.runtime.entrypoint import Parts, run
from services.runtime.jobs import Jobs
from services.runtime.settings import BadSettings


async def start(settings: CreditSettings, parts: Parts) -> None:
    """Build the service. Raises ValueError where the models file cannot be used."""
    try:
        prices = load_price_list(settings.models_file)
    except BadSettings as problem:
        raise ValueError(str(problem)) from problem
    database = Database(
        settings.database_url,
        pool_size=settings.pool_size,
        pool_wait_s=settings.pool_wait_s,
        statement_timeout_s=settings.statement_timeout_s,
        application_name="parlour-credit",
        planner=LOOKED_UP,
    )
    parts.stack.push_async_callback(database.close)
    parts.health.watch("database", database.takes_writes)

    teller = Teller(
        database,
        prices,
        Limits(
            settings.open_holds_max,
            settings.grants_max,
            settings.lease_microcredits_max,
            settings.leases_microcredits_max,
            settings.lease_ttl_max_s,
        ),
        shard_limits=ShardLimits(
            settings.shard_queue_max, settings.batch_max, settings.shard_accounts_max, settings.shard_requests_max, settings.resolve_s
        ),
        accounts_known_max=settings.accounts_known_max,
    )
    parts.stack.push_async_callback(teller.drain)
    reader = Reader(database, prices)
    parts.server.add(pb_grpc.add_CreditServiceServicer_to_server, CreditServicer(teller, reader), "parlour.credit.v1.CreditService")
    reach = Reach(settings.journal_operations_max, settings.audit_statement_s)
    auditor = Auditor(
        database,
        prices,
        Extent(settings.reconcile_accounts_max, settings.reconcile_changed_max, settings.request_ids_kept_days, reach),
        settings.report_rows_max,
    )
    admin = CreditAdminServicer(teller, auditor, Erasure(database, teller))
    parts.server.add(pb_grpc.add_CreditAdminServiceServicer_to_server, admin, "parlour.credit.v1.CreditAdminService")

    jobs = Jobs(database, concurrency=settings.jobs_concurrency, held_max=settings.jobs_held_max)
    credit_jobs.register(jobs, database, teller, auditor, settings)
    await parts.stack.enter_async_context(jobs.run())


if __name__ == "__main__":
    run("credit", CreditSettings, start, callers=ALLOWED_CALLERS, migrations_package="services.credit")
