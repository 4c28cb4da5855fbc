create table eval_set (
  ref text not null primary key,
  name text not null,
  blob text not null,
  at text not null
);

create table eval_result (
  ref text not null primary key,
  number bigint not null unique,
  gate text not null,
  set_name text not null,
  target text not null,
  dataset text not null,
  run text,
  metrics text not null,
  requirements text not null,
  passed bigint not null,
  errors bigint not null,
  at text not null
);
create index eval_result_gate on eval_result (gate, number);
create index eval_result_target on eval_result (target, number);

create table eval_example (
  result text not null,
  place bigint not null,
  example text not null,
  input text not null,
  output text not null,
  error text not null,
  scores text not null,
  answer text,
  primary key (result, place)
);
