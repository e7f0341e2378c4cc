-- The world was first to have that name.
insert into users (user_id, name) values (1, 'world');
