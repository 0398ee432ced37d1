"""Grouped statements must leave the rows that one statement for each operation leaves."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.write_batch import Delete, Execute, Insert, Op, Update, Upsert, WriteBatch
from corda_sim.node.storage.grouping import KEY_PREFIX, TableKey, group_ops

TABLES = {"a": TableKey(("k",)), "b": TableKey(("k",)), "u": TableKey(("k",), other_unique=True)}
World = dict[tuple[str, object], dict[str, object]]

keys = st.integers(0, 4)
values = st.integers(0, 99)
names = st.sampled_from(sorted(TABLES))
ops = st.one_of(
    st.builds(lambda t, k, v: Upsert(t, ("k",), {"k": k, "v": v, "w": 0}), names, keys, values),
    st.builds(lambda t, k, v: Update(t, {"k": k}, {"v": v}), names, keys, values),
    st.builds(lambda t, k, v: Update(t, {"k": k}, {"w": v}), names, keys, values),
    st.builds(lambda t, v: Update(t, {"w": 0}, {"v": v}), names, values),
    st.builds(lambda t, k: Delete(t, {"k": k}), names, keys),
    st.builds(lambda t, v: Delete(t, {"v": v}), names, values),
)


def matches(row: Mapping[str, object], key: Mapping[str, object]) -> bool:
    return all(row[name] == value for name, value in key.items())


def apply(world: World, op: Op, params: Mapping[str, object]) -> None:
    key = {n.removeprefix(KEY_PREFIX): v for n, v in params.items() if n.startswith(KEY_PREFIX)}
    plain = {n: v for n, v in params.items() if not n.startswith(KEY_PREFIX)}
    assert not isinstance(op, Execute)
    chosen = [at for at, row in world.items() if at[0] == op.table and matches(row, key)]
    match op:
        case Upsert(table):
            world[table, params["k"]] = dict(params)
        case Update():
            for at in chosen:
                world[at].update(plain)
        case Delete():
            for at in chosen:
                del world[at]
        case other:
            raise AssertionError(other)


@given(st.lists(ops, max_size=30))
def test_grouping_keeps_the_meaning(operations: list[Op]) -> None:
    one_by_one: World = {}
    for operation in operations:
        for group in group_ops([operation], TABLES):
            apply(one_by_one, group.sample, group.params[0])
    grouped: World = {}
    for group in group_ops(operations, TABLES):
        for params in group.params:
            apply(grouped, group.sample, params)
    assert grouped == one_by_one


def test_steps_of_many_flows_become_few_statements() -> None:
    batch = WriteBatch()
    for step in range(50):
        batch.insert("a", {"k": step, "v": 0})
        batch.update("a", {"k": step - 1}, {"v": 1})
        batch.insert("b", {"k": step, "v": 0})
    shapes = [(type(g.sample).__name__, len(g.params)) for g in group_ops(batch.ops, TABLES)]
    assert shapes == [("Insert", 50), ("Update", 50), ("Insert", 50)]


def test_nothing_passes_raw_sql_and_like_raw_sql_is_grouped() -> None:
    batch = WriteBatch()
    batch.insert("a", {"k": 1})
    batch.execute("UPDATE a SET v = :v", {"v": 1})
    batch.execute("UPDATE a SET v = :v", {"v": 2})
    batch.insert("a", {"k": 2})
    groups = group_ops(batch.ops, TABLES)
    assert [len(group.params) for group in groups] == [1, 2, 1]


def test_a_unique_column_beside_the_key_keeps_the_order() -> None:
    operations: list[Op] = [
        Insert("u", {"k": 1, "v": 7}),
        Delete("u", {"k": 1}),
        Insert("u", {"k": 2, "v": 7}),
    ]
    assert len(group_ops(operations, TABLES)) == 3
