create table kernel_job (
    id text primary key,
    name text not null,
    payload text not null,
    state text not null,
    priority bigint not null,
    run_at text not null,
    delayed_at text not null,
    key text,
    failures bigint not null,
    deaths bigint not null,
    lease text not null,
    leased_at text not null,
    leased_until text not null,
    stop bigint not null,
    done bigint not null,
    total bigint,
    note text not null,
    error text not null,
    created_at text not null,
    ended_at text
);
create unique index kernel_job_key on kernel_job (key) where state in ('waiting', 'running');
create index kernel_job_due on kernel_job (priority desc, run_at, id) where state = 'waiting';
create index kernel_job_leased on kernel_job (leased_until) where state = 'running';
create index kernel_job_state on kernel_job (state, name, id);
create table kernel_job_limit (
    name text primary key,
    concurrency bigint,
    per_second double precision,
    tokens double precision not null,
    filled_at text not null
);
create table kernel_cron (
    name text primary key,
    schedule text not null,
    job text not null,
    payload text not null,
    last_at text not null
);
