-- An import begins.
insert into imports (user_id, name, sha256, kind, include, imported_at)
values (:user_id, :name, :sha256, :kind, :include, :now);
