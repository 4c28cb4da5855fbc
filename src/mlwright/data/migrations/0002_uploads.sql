-- Files that people gave to a source, beside what the source itself lists. Their bytes are blobs.
create table data_upload (
  source text not null,
  key text not null,
  sha256 text not null,
  size bigint not null,
  added_at text not null,
  primary key (source, key)
);
