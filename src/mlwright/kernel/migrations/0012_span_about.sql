alter table kernel_span add column about text not null default '';
create index kernel_span_about on kernel_span (about) where about <> '';
