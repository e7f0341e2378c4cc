-- Ann is alone, Bo and Cleo are in a cohort, Cleo in two and with files of her own.
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo'), (3, 'Cleo');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026'), (7, 'more', '2026');
insert into cohort_members (cohort_id, user_id) values (5, 2), (5, 3), (7, 3);
insert into imports (user_id, name, sha256, kind, include, imported_at) values (3, 'x', 'x', 'letterboxd_diary', 'movie', '2026');
