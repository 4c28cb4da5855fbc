create table kernel_span (
    trace text not null,
    id text not null,
    parent text not null,
    name text not null,
    started text not null,
    seconds double precision not null,
    error text not null,
    attributes text not null,
    primary key (trace, id)
);
create index kernel_span_started on kernel_span (started);
