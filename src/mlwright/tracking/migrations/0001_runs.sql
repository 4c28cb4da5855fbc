create table tracking_environment (
    id text primary key,
    body text not null
);
create table tracking_run (
    id text primary key,
    name text not null,
    kind text not null,
    experiment text not null,
    state text not null,
    started text not null,
    ended text,
    commit_id text not null,
    dirty bigint not null,
    environment text not null,
    error text not null,
    process text not null,
    seen text not null
);
create index tracking_run_kind on tracking_run (kind, id);
create index tracking_run_experiment on tracking_run (experiment, id);
create index tracking_run_running on tracking_run (process) where state = 'running';
create table tracking_param (
    run text not null,
    name text not null,
    value text not null,
    primary key (run, name)
);
create table tracking_point (
    run text not null,
    name text not null,
    seq bigint not null,
    step bigint not null,
    at text not null,
    value double precision,
    flag text not null,
    primary key (run, name, seq)
);
create table tracking_metric (
    run text not null,
    name text not null,
    value double precision,
    flag text not null,
    primary key (run, name)
);
create table tracking_artifact (
    run text not null,
    path text not null,
    sha256 text not null,
    size bigint not null,
    primary key (run, path)
);
