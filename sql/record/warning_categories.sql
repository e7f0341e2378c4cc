-- One group of topics of a source's vocabulary.
insert into warning_categories (
  source, category_id, category
)
values (
  :source, :category_id, :category
)
on conflict (source, category_id) do update set
  category = excluded.category;
