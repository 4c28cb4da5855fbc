alter table eval_result add column took double precision;
