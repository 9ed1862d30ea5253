/**
 * Changes of a shop that stays as large as it is: orders move on, items are counted anew, taken out and
 * put back. What a reader must remember does not grow with them, so what its memory grows by is backlog.
 */
import type { Postgres } from '@millrace/testing'

const TRANSACTIONS_PER_ROUND_TRIP = 20
/** Orders that one transaction works on, one after the other through the shop. */
const ORDERS_PER_TRANSACTION = 100

export async function churn(postgres: Postgres, rows: number): Promise<number> {
  const [size] = await postgres.query<{ orders: string }>('select max(id) as orders from orders')
  const orders = Number(size?.orders)
  await postgres.query('set synchronous_commit to off')
  let made = 0
  for (let at = 0; made < rows; at += TRANSACTIONS_PER_ROUND_TRIP) {
    const statements = Array.from({ length: TRANSACTIONS_PER_ROUND_TRIP }, (_, step) =>
      transaction(((at + step) * ORDERS_PER_TRANSACTION) % orders),
    )
    await postgres.query('create temporary table if not exists made (changes bigint)')
    const [count] = await postgres.query<{ changes: string }>(
      `${statements.join(';\n')}; with all_made as (delete from made returning changes) select sum(changes) as changes from all_made`,
    )
    made += Number(count?.changes)
  }
  // The last commit is waited for, and takes all that came before it along.
  await postgres.query(
    'set synchronous_commit to on; create temporary table if not exists made (changes bigint); select pg_current_wal_insert_lsn()',
  )
  await postgres.query('checkpoint')
  return made
}

/** One transaction; how many rows it changed goes into a table that is not replicated. */
function transaction(first: number): string {
  const chosen = `between ${first + 1} and ${first + ORDERS_PER_TRANSACTION}`
  return `begin;
    with changed as (update orders set gift = not gift where id ${chosen} returning 1) insert into made select count(*) from changed;
    with changed as (update order_items set quantity = 1 + quantity % 9 where order_id ${chosen} returning 1) insert into made select count(*) from changed;
    with gone as (delete from order_items where order_id ${chosen} and line = 1 returning *) insert into made select count(*) from gone;
    insert into order_items select id, 1, 1 + id % 500, 1 + id % 7, 10.50 from orders where id ${chosen};
    insert into made select count(*) from orders where id ${chosen};
  commit`
}
