-- A body met for the first time.
insert into bodies (body_hash, body, size, status, content_type, request, run_id, fetched_at)
values (:body_hash, :body, :size, :status, :content_type, :request, :run_id, :now);
