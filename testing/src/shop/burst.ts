/**
 * Many changes as fast as the server can make them: set-based statements, several transactions in one
 * round trip. One transaction in five is large, the others are of the size that applications write.
 * The rows depend on the seed alone, if nobody else writes to the shop meanwhile.
 */
import { assert, type Random } from '@millrace/base'
import type { Client } from 'pg'
import type { ShopBounds } from './actions.ts'
import { drawSql, ORDER_LINES_MAX } from './seed.ts'

export interface BurstOptions {
  readonly rows: number
  readonly bounds: ShopBounds
  readonly random: Random
}

export interface BurstResult {
  readonly transactions: number
  readonly changes: number
}

const SMALL_TRANSACTION_ROWS = 40
const LARGE_TRANSACTION_ROWS = 5_000
const ROWS_PER_ROUND_TRIP = 20_000
/** An order and its four items. */
const ROWS_PER_ORDER = 5

export async function burst(client: Client, { rows, bounds, random }: BurstOptions): Promise<BurstResult> {
  assert(bounds.customersMax > 0 && bounds.productsMax > 0, 'a burst needs a shop with customers and products')
  await skipForeignKeyChecks(client)
  let transactions = 0
  let changes = 0
  while (changes < rows) {
    // Commits need not wait for the disk, but for the last: it takes all that came before it along.
    await client.query(`set synchronous_commit to ${rows - changes > ROWS_PER_ROUND_TRIP ? 'off' : 'on'}`)
    const round: string[] = []
    let planned = 0
    const target = Math.min(ROWS_PER_ROUND_TRIP, rows - changes)
    while (planned < target) {
      const size = Math.min(target - planned, random.below(5) === 0 ? LARGE_TRANSACTION_ROWS : SMALL_TRANSACTION_ROWS)
      round.push(transactionOf(size, bounds, random))
      planned += size
    }
    // One simple query with several statements answers a list of results, one for each statement.
    const answers = (await client.query(round.join(';\n'))) as unknown as { command: string; rowCount: number | null }[]
    const made = answers.reduce((sum, { command, rowCount }) => sum + (command === 'SELECT' ? 0 : (rowCount ?? 0)), 0)
    assert(made > 0, 'a round of a burst changes something')
    changes += made
    transactions += round.length
  }
  return { transactions, changes }
}

/** The rows keep to the foreign keys by how they are made; a superuser may save the server the proof, a third of the time. */
async function skipForeignKeyChecks(client: Client): Promise<void> {
  await client.query(`select set_config('session_replication_role', 'replica', false) where current_setting('is_superuser') = 'on'`)
}

/** New orders for three fifths of the rows, updates of orders and items for the rest. */
function transactionOf(rows: number, bounds: ShopBounds, random: Random): string {
  const salt = random.below(1_000_000_000)
  if (rows < 2 * ROWS_PER_ORDER) return `begin; ${newOrders(rows, bounds, salt)} commit`
  const orders = Math.floor((rows * 3) / 5 / ROWS_PER_ORDER)
  const updates = rows - orders * ROWS_PER_ORDER
  return `begin;
    ${newOrders(orders, bounds, salt)}
    ${newItems(orders, bounds, salt + 1)}
    ${updateItems(Math.ceil(updates / 2), random)}
    ${updateOrders(Math.floor(updates / 2), random)}
    commit`
}

function newOrders(orders: number, { customersMax }: ShopBounds, salt: number): string {
  return `insert into orders (customer_id, gift)
      select (select id from customers where id > ${drawSql('g', customersMax, salt)} order by id limit 1), g % 10 = 0
      from generate_series(1, ${orders}) g;`
}

/** Four items for each of the orders that this transaction has just placed. */
function newItems(orders: number, { productsMax }: ShopBounds, salt: number): string {
  return `insert into order_items (order_id, line, product_id, quantity, unit_price)
      select placed.id, line, product.id, 1 + (placed.id + line) % ${ORDER_LINES_MAX}, product.list_price
      from (select id from orders where xmin = pg_current_xact_id()::xid order by id desc limit ${orders}) placed
      cross join generate_series(1, ${ROWS_PER_ORDER - 1}) line
      join products product on product.id = 1 + ${drawSql('placed.id * 8 + line', productsMax, salt)};`
}

function updateItems(rows: number, random: Random): string {
  return `update order_items set quantity = 1 + (quantity + 1) % 9 where (order_id, line) in (select order_id, line from order_items
      where order_id >= 1 + floor(${random.next()} * (select max(id) from orders))::bigint order by order_id, line limit ${rows});`
}

function updateOrders(rows: number, random: Random): string {
  return `update orders set status = 'paid', paid_at = now() where id in (select id from orders
      where id >= 1 + floor(${random.next()} * (select max(id) from orders))::bigint order by id limit ${rows});`
}
