create table serving_release (
    ref text primary key,
    number bigint not null unique,
    note text not null,
    git_commit text not null,
    blueprint text not null,
    at text not null
);
create table serving_traffic (
    endpoint text not null,
    seq bigint not null,
    kind text not null,
    stable text not null,
    canary text,
    share double precision not null,
    why text not null,
    at text not null,
    primary key (endpoint, seq)
);
create table serving_request (
    id text primary key,
    endpoint text not null,
    release text not null,
    user_hash text not null,
    outcome text not null,
    seconds double precision not null,
    first_token double precision,
    cost double precision,
    answer text,
    error text not null,
    at text not null
);
create index serving_request_endpoint on serving_request (endpoint, at);
create index serving_request_answer on serving_request (answer);
create table serving_cache (
    key text primary key,
    endpoint text not null,
    entry text not null,
    expires text not null
);
create index serving_cache_expires on serving_cache (expires);
create table serving_feedback (
    id text primary key,
    answer text not null,
    score bigint not null,
    comment text not null,
    at text not null
);
create index serving_feedback_answer on serving_feedback (answer);
create table serving_key (
    id text primary key,
    name text not null,
    mac text not null,
    at text not null,
    revoked text
);
create table serving_secret (
    name text primary key,
    value text not null
);
