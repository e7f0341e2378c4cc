-- The places of a page of a list are given anew.
delete from list_items where list_id = :list_id and position between :first and :last;
