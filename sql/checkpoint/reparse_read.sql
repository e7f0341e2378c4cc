-- An answer was read by this version of the parser, and means what it meant.
update jobs set parser_version = :version where job_id = :job_id;
