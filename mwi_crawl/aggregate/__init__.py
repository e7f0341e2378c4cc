"""The tables for people, made from what the sources and the people left behind.

Each file `sql/aggregate/<table>.sql` makes one table (or view); files of a person's own, `sql/user/*.sql` in the data
folder, are built the same way. All of it happens in one transaction: a reader sees the old tables or the new.

    scripts    the files: what each makes, what it reads, what it needs, and so in which order they come
    settings   the parameters of the files, as rows of `aggregate_settings`
    functions  what some SQLites lack: exp, ln, sqrt …
    graph      what SQL cannot say: communities
    build      runs them
    making     does that in a store's file
"""

from mwi_crawl.aggregate.build import Built, build

__all__ = ["Built", "build"]
