-- The same text for SQLite and PostgreSQL. Times are milliseconds since the Unix epoch, documents are JSON, sealed values are base64.

CREATE TABLE tenants (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    revision BIGINT NOT NULL,
    sealed_key TEXT NOT NULL,
    master_key TEXT NOT NULL,
    admitted_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- `tenant` is empty for tokens of the installation.
CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX tokens_tenant ON tokens (tenant, id);

CREATE TABLE accounts (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE secrets (
    tenant TEXT NOT NULL,
    account TEXT NOT NULL,
    slot TEXT NOT NULL,
    sealed TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, account, slot)
);

CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    destination TEXT NOT NULL,
    priority BIGINT NOT NULL,
    retry TEXT NOT NULL,
    stale_after_ms BIGINT,
    -- What has been told of it: `failing`, `stale`.
    failing BIGINT NOT NULL,
    stale BIGINT NOT NULL,
    succeeded_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (tenant, name)
);
CREATE INDEX jobs_tenant ON jobs (tenant, id);

CREATE TABLE job_accounts (
    tenant TEXT NOT NULL,
    job TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (tenant, account, job)
);

CREATE TABLE job_revisions (
    tenant TEXT NOT NULL,
    job TEXT NOT NULL,
    revision BIGINT NOT NULL,
    document TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (job, revision)
);

CREATE TABLE schedules (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    job TEXT NOT NULL,
    document TEXT NOT NULL,
    revision BIGINT NOT NULL,
    -- The last tick that was handled, and when the next one is due; none for manual schedules and those that are over.
    handled_at BIGINT NOT NULL,
    next_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX schedules_job ON schedules (tenant, job);
CREATE INDEX schedules_next ON schedules (next_at);

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    job TEXT NOT NULL,
    revision BIGINT NOT NULL,
    cause TEXT NOT NULL,
    schedule TEXT,
    tick_at BIGINT,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    destination TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    -- Attempts that were started, how many of them failed or died with their worker, and how many may fail.
    attempts BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    losses BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    retry_wait_ms BIGINT NOT NULL,
    -- Fences: each dispatch has a number, and only its holder may write.
    dispatch BIGINT NOT NULL,
    machine TEXT,
    worker TEXT,
    lease_until BIGINT,
    cancel_requested BIGINT NOT NULL,
    step TEXT,
    timings TEXT NOT NULL,
    usage TEXT NOT NULL,
    receipt TEXT,
    failure TEXT,
    kept TEXT,
    version BIGINT NOT NULL,
    UNIQUE (schedule, tick_at)
);
CREATE INDEX runs_queued ON runs (tenant, priority, queued_at) WHERE state = 'queued';
CREATE INDEX runs_held ON runs (tenant, destination) WHERE state IN ('admitted', 'running');
CREATE INDEX runs_tenant ON runs (tenant, id);
CREATE INDEX runs_job ON runs (tenant, job, id);
CREATE INDEX runs_tenant_state ON runs (tenant, state, id);
CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;

-- What history says of a job, by day, so that counting does not read the runs.
CREATE TABLE job_days (
    tenant TEXT NOT NULL,
    job TEXT NOT NULL,
    day BIGINT NOT NULL,
    done BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (tenant, job, day)
);

CREATE TABLE run_logs (
    run TEXT NOT NULL,
    seq BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    at BIGINT NOT NULL,
    level TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

-- Files that a run has to itself, by the name that the connector gives them.
CREATE TABLE holds (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE workers (
    id TEXT NOT NULL PRIMARY KEY,
    machine TEXT NOT NULL,
    slots BIGINT NOT NULL,
    draining BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Something that one process does at a time.
CREATE TABLE turns (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);

INSERT INTO turns (name, holder, until) VALUES ('admit', '', 0), ('schedule', '', 0), ('sweep', '', 0);

CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_tenant ON audit (tenant, id);

CREATE TABLE targets (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    sealed TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX targets_tenant ON targets (tenant, id);

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    target TEXT NOT NULL,
    event TEXT NOT NULL,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX deliveries_next ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX deliveries_tenant ON deliveries (tenant, id);

-- `tenant` is whose thing the request was about; empty for the installation.
CREATE TABLE idempotency (
    token TEXT NOT NULL,
    key TEXT NOT NULL,
    tenant TEXT NOT NULL,
    request TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (token, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
CREATE INDEX idempotency_tenant ON idempotency (tenant);

-- What is left of a tenant that was erased.
CREATE TABLE erasures (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    ended_at BIGINT
);

-- Machines that have to remove what they keep of a run or of a tenant that is gone.
CREATE TABLE removals (
    machine TEXT NOT NULL,
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (machine, tenant, run)
);
