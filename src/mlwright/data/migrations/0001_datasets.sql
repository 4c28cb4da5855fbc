create table data_dataset (
  source text not null,
  number bigint not null,
  ref text not null,
  files bigint not null,
  bytes bigint not null,
  added bigint not null,
  changed bigint not null,
  removed bigint not null,
  at text not null,
  primary key (source, number)
);
create index data_dataset_ref on data_dataset (ref, number);

create table data_version (
  ref text not null primary key,
  source text not null,
  key text not null,
  sha256 text not null,
  size bigint not null,
  modified text not null
);
create index data_version_key on data_version (source, key);

create table data_member (
  source text not null,
  key text not null,
  from_number bigint not null,
  to_number bigint,
  version text not null,
  stamp text not null,
  primary key (source, key, from_number)
);
create index data_member_span on data_member (source, to_number, from_number);

create table data_quarantine (
  source text not null,
  key text not null,
  sha256 text not null,
  reason text not null,
  message text not null,
  hint text not null,
  at text not null,
  primary key (source, key)
);
