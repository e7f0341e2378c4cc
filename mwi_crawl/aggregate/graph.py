"""What SQL cannot say: communities in the network of directors and actors."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from mwi_crawl.schema import column_docs

SEED = 0  # Louvain visits the people in a shuffled order: the same each time, so that the same films give the same rows
_COMMUNITIES = """
create table agg_network_communities (
  user_id integer not null,              -- who has seen the films
  person_id text not null,               -- director or actor
  name text not null,                    -- name
  community integer not null,            -- community of the user's network that the person belongs to: 1 is the largest
  members integer not null,              -- people in that community
  colleagues integer not null,           -- people who directed them, or whom they directed, in films the user has seen
  films integer not null,                -- such films, once for each colleague
  primary key (user_id, person_id)
)"""
_EDGES = """
select user_id, director_id, director, actor_id, actor, films
from agg_network_edges
order by user_id, director_id, actor_id"""
Edge = tuple[int, str, str, str, str, int]  # a row of _EDGES
Member = tuple[str, str, int, int, int, int]  # a row of agg_network_communities without its user


def communities(db: sqlite3.Connection) -> None:
    """Make agg_network_communities: one row per user × director or actor, with the community they belong to.

    Communities by the Louvain method (Blondel, Guillaume, Lambiotte, Lefebvre: Fast unfolding of communities in large
    networks, J. Stat. Mech. 2008, P10008) over each user's agg_network_edges, weighted by films.
    """
    db.execute("drop table if exists agg_network_communities")
    db.execute(_COMMUNITIES)
    db.executemany("insert or replace into column_docs values (?, ?, ?)", column_docs(_COMMUNITIES))
    rows: list[Edge] = [tuple(row) for row in db.execute(_EDGES)]
    for user_id, edges in groupby(rows, key=lambda edge: edge[0]):
        members = ((user_id, *member) for member in _members(list(edges)))
        db.executemany("insert into agg_network_communities values (?, ?, ?, ?, ?, ?, ?)", members)


def _members(edges: Sequence[Edge]) -> Iterator[Member]:
    """The people of one user's network, each in a community; these are numbered by size, then by first person."""
    # slow to import, and only `aggregate` needs it
    from networkx import Graph, community  # type: ignore[import-untyped]

    names = {edge[1]: edge[2] for edge in edges} | {edge[3]: edge[4] for edge in edges}
    people = sorted(names)
    number = {person_id: place for place, person_id in enumerate(people)}  # a set of numbers keeps its order
    graph = Graph()
    graph.add_nodes_from(range(len(people)))
    graph.add_weighted_edges_from((*ends, films) for ends, films in _shared(edges, number).items())
    found = community.louvain_communities(graph, weight="weight", seed=SEED)
    for label, members in enumerate(sorted(found, key=lambda each: (-len(each), min(each))), start=1):
        for one in members:
            films = graph.degree(one, weight="weight")
            yield people[one], names[people[one]], label, len(members), graph.degree(one), films


def _shared(edges: Sequence[Edge], number: Mapping[str, int]) -> dict[tuple[int, int], int]:
    """Two people → films of both; two who have directed each other are one pair."""
    shared: Counter[tuple[int, int]] = Counter()
    for _, director_id, _, actor_id, _, films in edges:
        shared[min(number[director_id], number[actor_id]), max(number[director_id], number[actor_id])] += films
    return shared


TABLES: Mapping[str, tuple[frozenset[str], Callable[[sqlite3.Connection], None]]] = {
    "agg_network_communities": (frozenset({"agg_network_edges"}), communities)
}
"""Name of a table → the tables it reads, and the function that makes and fills it."""
