-- How many films are followed?
select count(*) from films where followed = 1;
