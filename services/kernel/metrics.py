"""Every metric of every service, named and explained once. No label may carry a figure, a name or an identifier."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter(
    "solieu_events_total",
    "Events that a stage finished: handled, duplicate (published again) or dead.",
    ["service", "topic", "result"],
)
STAGE_SECONDS = Histogram(
    "solieu_stage_seconds",
    "From taking a batch or an event to the broker's acknowledgement of all it led to.",
    ["service", "topic"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60),
)
QUEUE = Gauge(
    "solieu_queue_events",
    "Events taken from the broker and not finished.",
    ["service", "topic", "partition"],
)
LAG_EVENTS = Gauge(
    "solieu_lag_events",
    "Records of a topic's partition that the service has yet to finish, as broker and database know it.",
    ["service", "topic", "partition"],
)
LAG_SECONDS = Gauge(
    "solieu_lag_seconds",
    "For how long a partition has had something to read and has not moved; alerts over 300.",
    ["service", "topic", "partition"],
)
CATALOGUE_WAIT = Gauge(
    "solieu_catalogue_wait_seconds",
    "How long a partition has been waiting for a state of the catalogue; alerts over 60.",
    ["service", "topic", "partition"],
)
RETRIES = Counter(
    "solieu_retries_total",
    "Tries, and requests to an API, that failed because database, broker or vault were away.",
    ["service"],
)
IDENTITY_CONFLICTS = Counter(
    "solieu_identity_conflicts_total",
    "Known event ids that came with other bytes; any is an alarm.",
    ["service"],
)
OFFSET_GAPS = Counter(
    "solieu_offset_gaps_total",
    "Partitions that began beyond the next offset on record; any is an alarm, events may be lost.",
    ["service", "topic"],
)
LOGS_REWRITTEN = Counter(
    "solieu_logs_rewritten_total",
    "Partitions whose log is not the one that was read: the broker lost its tail; all comes again. Any is an alarm.",
    ["service", "topic"],
)
ILL = Gauge(
    "solieu_stage_ill",
    "1 while an event that ends its process waits, since nothing else of its stage succeeds, either; any is an alarm.",
    ["service", "topic", "partition"],
)
REPLAYS_REFUSED = Counter(
    "solieu_replays_refused_total",
    "Records of a replay topic that name no dead letter, or a false one; any is an alarm.",
    ["service"],
)
OUTDATED = Gauge(
    "solieu_outdated",
    "Over 0 while something waits for an upgrade: events or a program for the program's, tables for `solieu migrate`.",
    ["service", "what"],
)
VAULT_REACHABLE = Gauge(
    "solieu_vault_reachable",
    "1 where the process sees the vault's sentinel, 0 where the vault is away.",
    ["service"],
)
HOLDING = Gauge(
    "solieu_partition_held",
    "1 where this process holds the partition's lock.",
    ["service", "topic", "partition"],
)
OUTBOX_OLDEST = Gauge(
    "solieu_outbox_oldest_seconds",
    "For how long the oldest row of the outbox has been waiting to be published; alerts over 120.",
    ["service"],
)
MENDED = Counter(
    "solieu_mended_records_total",
    "Records that topics lacked and were published again by themselves: the broker had lost them. Any is an alarm.",
    ["service"],
)
GAPS = Gauge(
    "solieu_gap_records",
    "Records by which tables and topics differ after the last upkeep, by comparison; any is an alarm.",
    ["service", "comparison"],
)
COMPARED_AT = Gauge(
    "solieu_compared_at_seconds",
    "When tables and topics were compared last, in Unix time; each night. Alerts after two days.",
    ["service"],
)
CLOCK_AHEAD = Gauge(
    "solieu_clock_ahead_seconds",
    "By how much the clock of an API's process is ahead of the database's, negative behind; alerts over 60.",
    ["service"],
)
SWEPT = Counter(
    "solieu_swept_total",
    "Submissions that the sweep had to decide anew, because no event had; each is worth a look.",
    ["service"],
)
VACANCIES = Gauge(
    "solieu_vacancies",
    "Bodies that may send and have no focal point, rooms without a head, by the post that is vacant.",
    ["service", "post"],
)
FOUNDINGS_WAITING = Gauge(
    "solieu_foundings_waiting",
    "New first leaders, asked for by the command on the machine, that wait for their day to be over; any is an alarm.",
    ["service"],
)
UNAUTHENTICATED = Counter(
    "solieu_unauthenticated_total",
    "Requests refused before it was known whose.",
    ["service", "code"],
)
REQUESTS = Counter(
    "solieu_requests_total",
    "Requests that are over, by the route's template and the class of the answer's status; 5xx also where none came.",
    ["service", "method", "route", "status"],
)
REQUEST_SECONDS = Histogram(
    "solieu_request_seconds",
    "From the last byte of a request to the first of its answer.",
    ["service", "method", "route"],
    buckets=(0.025, 0.1, 0.25, 1, 2.5, 5, 10, 30),
)
READER_LAG = Gauge(
    "solieu_reader_lag_events",
    "Records that a group which is no service's has yet to read, by the group's name; alerts after a day.",
    ["service", "group", "topic", "partition"],
)
DISK_FREE = Gauge(
    "solieu_disk_free_bytes",
    "What is free on a disk; of Kafka's disks, the one of which the smallest share is.",
    ["service", "disk"],
)
DISK_SIZE = Gauge("solieu_disk_bytes", "How large the same disk is.", ["service", "disk"])
DATABASE_SIZE = Gauge(
    "solieu_database_bytes", "How large the database is, with all its schemas.", ["service"]
)
ENDS_AT = Gauge(
    "solieu_ends_at_seconds",
    "When the first key or certificate of a kind ends, in Unix time; +Inf where none does. Alerts 30 days before.",
    ["service", "what"],
)
DUTIES = Gauge(
    "solieu_duties",
    "Duties of the last 92 days that were met late, or of which nothing came by now.",
    ["service", "timeliness"],
)
NOTICES = Counter(
    "solieu_notices_total",
    "Tries to deliver a notice, by what it became: sent, queued (again later), failed or uncertain.",
    ["service", "channel", "state"],
)
NOTICES_WAITING = Gauge(
    "solieu_notices_waiting", "Notices not delivered yet.", ["service", "channel"]
)
