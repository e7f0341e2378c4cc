-- Nothing is to be asked any more about the changes up to a day.
delete from jobs
where source = :source and key >= :start and key < :start || 'a' and substr(key, length(:start) + 1, 10) <= :day;
