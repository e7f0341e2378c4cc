-- A job whose answer is not applied is done with what it had. The body, its tag and, where it is another body, the
-- parser's version stay those of the answer that was applied, so that the poorer one is neither confirmed nor read again.
update jobs
set
  state = 'done',
  reason = case when reason in ('lookup', 'discovery') then reason else 'kept' end,
  attempts = 0,
  absences = 0,
  parser_version = coalesce(:parser_version, parser_version),
  fetched_at = coalesce(:fetched_at, fetched_at)
where job_id = :job_id;
