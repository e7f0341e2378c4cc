-- Ann is alone. Bo and Cleo are in a cohort, and nobody asks for Bo by himself; Cleo has files of her own. A cohort may
-- still be empty. Two names are taken already: by the world, and by the cohort.
insert into users (user_id, name) values (1, 'Ann'), (2, 'Bo'), (3, 'Cleo'), (4, 'world'), (6, 'friends');
insert into cohorts (cohort_id, label, created_at) values (5, 'friends', '2026'), (7, 'nobody', '2026'), (8, 'world', '2026');
insert into cohort_members (cohort_id, user_id) values (5, 2), (5, 3);
insert into imports (user_id, name, sha256, kind, include, imported_at) values (3, 'x', 'x', 'letterboxd_diary', 'movie', '2026');
