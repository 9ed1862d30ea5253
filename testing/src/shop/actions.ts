/**
 * What happens in a shop. Each action is one transaction: it gets a connection on which one has been
 * begun, and answers how many row changes a reader of the log will see, children moved by a cascade
 * included. An action that finds nothing to do changes nothing. `roll-back` throws the work away.
 */
import { pick, type Random } from '@millrace/base'
import type { ClientBase } from 'pg'
import { CARRIERS, CATEGORIES, COUNTRIES, ORDER_LINES_MAX } from './seed.ts'

export interface ActionContext {
  readonly client: ClientBase
  readonly random: Random
  readonly bounds: ShopBounds
}

/** Customers and products up to these ids are never deleted, so that orders can always name one. */
export interface ShopBounds {
  readonly customersMax: number
  readonly productsMax: number
}

export type Outcome = number | 'roll-back'

interface Action {
  readonly name: string
  /** How often it happens, relative to the others. */
  readonly weight: number
  readonly run: (context: ActionContext) => Promise<Outcome>
}

/** The largest text that an action writes: it is stored out of line, and later updates do not send it. */
const NOTE_BYTES_MAX = 16_000

export const ACTIONS: readonly Action[] = [
  { name: 'place order', weight: 30, run: placeOrder },
  { name: 'pay order', weight: 20, run: payOrder },
  { name: 'ship order', weight: 10, run: shipOrder },
  { name: 'change quantity', weight: 10, run: changeQuantity },
  { name: 'change price', weight: 6, run: changePrice },
  { name: 'reprice category', weight: 1, run: repriceCategory },
  { name: 'edit customer', weight: 6, run: editCustomer },
  { name: 'write long note', weight: 3, run: writeLongNote },
  { name: 'customer joins', weight: 4, run: customerJoins },
  { name: 'customer leaves', weight: 2, run: customerLeaves },
  { name: 'remove item', weight: 3, run: removeItem },
  { name: 'cancel order', weight: 3, run: cancelOrder },
  { name: 'renumber line', weight: 2, run: renumberLine },
  { name: 'renumber order', weight: 1, run: renumberOrder },
  { name: 'abandon order', weight: 3, run: abandonOrder },
  { name: 'change of mind', weight: 2, run: changeOfMind },
]

const WEIGHTS = ACTIONS.reduce((sum, action) => sum + action.weight, 0)

export function drawAction(random: Random): Action {
  let at = random.below(WEIGHTS)
  return ACTIONS.find((action) => (at -= action.weight) < 0) as Action
}

async function placeOrder({ client, random, bounds }: ActionContext): Promise<number> {
  const order = await client.query<{ id: string }>('insert into orders (customer_id, currency, gift) values ($1, $2, $3) returning id', [
    1 + random.below(bounds.customersMax),
    pick(random, ['EUR', 'USD', 'JPY']),
    random.below(10) === 0,
  ])
  return 1 + (await addItems({ client, random, bounds }, order.rows[0]?.id as string))
}

async function addItems({ client, random, bounds }: ActionContext, orderId: string): Promise<number> {
  const lines = Array.from({ length: 1 + random.below(ORDER_LINES_MAX) }, (_, at) => at + 1)
  const products = lines.map(() => 1 + random.below(bounds.productsMax))
  const quantities = lines.map(() => 1 + random.below(4))
  const items = await client.query(
    `insert into order_items (order_id, line, product_id, quantity, unit_price)
     select $1, item.line, product.id, item.quantity, product.list_price
     from unnest($2::int[], $3::bigint[], $4::int[]) item (line, product_id, quantity)
     join products product on product.id = item.product_id
     on conflict do nothing`,
    [orderId, lines, products, quantities],
  )
  return items.rowCount ?? 0
}

async function payOrder(context: ActionContext): Promise<number> {
  return changed(context.client, `update orders set status = 'paid', paid_at = now() where id = $1`, [await someOrder(context)])
}

async function shipOrder(context: ActionContext): Promise<number> {
  const { client, random } = context
  const id = await someOrder(context)
  const updates = await changed(client, `update orders set status = 'shipped' where id = $1`, [id])
  if (updates === 0) return 0
  const inserts = await changed(client, 'insert into shipments (order_id, carrier, weight_kilograms, tracking) values ($1, $2, $3, $4)', [
    id,
    pick(random, CARRIERS),
    random.below(30_000) / 1000,
    { code: `T${random.below(1_000_000_000)}`, legs: [{ hub: pick(random, COUNTRIES) }] },
  ])
  return updates + inserts
}

async function changeQuantity(context: ActionContext): Promise<number> {
  const sql = 'update order_items set quantity = $2 where order_id = $1'
  return changed(context.client, sql, [await someOrder(context), 1 + context.random.below(9)])
}

async function changePrice({ client, random, bounds }: ActionContext): Promise<number> {
  const id = 1 + random.below(bounds.productsMax)
  const amount = (100 + random.below(25_000)) / 100
  return (
    (await changed(client, 'update products set list_price = $2 where id = $1', [id, amount])) +
    (await changed(client, 'update prices set valid_until = current_date where product_id = $1 and valid_until is null', [id])) +
    (await changed(client, 'insert into prices (product_id, amount, valid_from) values ($1, $2, current_date)', [id, amount]))
  )
}

async function repriceCategory({ client, random, bounds }: ActionContext): Promise<number> {
  const from = random.below(bounds.productsMax)
  const sql = `update products set list_price = round(list_price * 1.01 + 0.01, 2), category = $3
    where id in (select id from products where id > $1 and id <= $2 order by id for update)`
  return changed(client, sql, [from, from + 20, pick(random, CATEGORIES)])
}

async function editCustomer({ client, random, bounds }: ActionContext): Promise<number> {
  const sql = `update customers set country = $2, newsletter = not newsletter, profile = profile || $3 where id = $1`
  return changed(client, sql, [1 + random.below(bounds.customersMax), pick(random, COUNTRIES), { tier: random.below(4) }])
}

/** Random hex hardly compresses, so that the note is really stored out of line. */
async function writeLongNote({ client, random, bounds }: ActionContext): Promise<number> {
  const note = Buffer.from(random.bytes(1_500 + random.below(NOTE_BYTES_MAX / 2 - 1_500))).toString('hex')
  return changed(client, 'update customers set notes = $2 where id = $1', [1 + random.below(bounds.customersMax), note])
}

async function customerJoins({ client, random }: ActionContext): Promise<number> {
  const birthday = random.below(3) === 0 ? null : `${1950 + random.below(50)}-02-${10 + random.below(18)}`
  const sql = `insert into customers (id, email, name, country, birthday)
    select id, 'guest' || id || '@example.org', 'Ünï Çustomer ' || id, $1, $2::date
    from nextval(pg_get_serial_sequence('customers', 'id')) id`
  return changed(client, sql, [pick(random, COUNTRIES), birthday])
}

async function customerLeaves({ client, bounds }: ActionContext): Promise<number> {
  const sql = 'delete from customers where id = (select id from customers where id > $1 order by id limit 1 for update skip locked)'
  return changed(client, sql, [bounds.customersMax])
}

async function removeItem(context: ActionContext): Promise<number> {
  const sql = `delete from order_items where (order_id, line) =
    (select order_id, line from order_items where order_id = $1 order by line desc limit 1)`
  return changed(context.client, sql, [await someOrder(context)])
}

async function cancelOrder(context: ActionContext): Promise<number> {
  const id = await someOrder(context, 'for update')
  return (
    (await changed(context.client, 'delete from shipments where order_id = $1', [id])) +
    (await changed(context.client, 'delete from order_items where order_id = $1', [id])) +
    (await changed(context.client, 'delete from orders where id = $1', [id]))
  )
}

/** One part of a composite key changes. */
async function renumberLine(context: ActionContext): Promise<number> {
  const sql = `update order_items set line = line + 10 where (order_id, line) =
    (select order_id, line from order_items where order_id = $1 order by line limit 1)`
  return changed(context.client, sql, [await someOrder(context)])
}

/** A key that others refer to changes, and the server moves the others along. */
async function renumberOrder(context: ActionContext): Promise<number> {
  const { client } = context
  const id = await someOrder(context, 'for update')
  const children = await client.query<{ count: number }>(
    `select ((select count(*) from order_items where order_id = $1) + (select count(*) from shipments where order_id = $1))::int as count`,
    [id],
  )
  const moved = await changed(client, `update orders set id = nextval(pg_get_serial_sequence('orders', 'id')) where id = $1`, [id])
  return moved === 0 ? 0 : moved + (children.rows[0]?.count ?? 0)
}

async function abandonOrder(context: ActionContext): Promise<'roll-back'> {
  await placeOrder(context)
  return 'roll-back'
}

/** Half of the transaction is taken back by a savepoint; the other half stays. */
async function changeOfMind(context: ActionContext): Promise<number> {
  const { client } = context
  const paid = await payOrder(context)
  await client.query('savepoint mind')
  await placeOrder(context)
  await client.query('rollback to savepoint mind')
  return paid
}

/** An existing order near a random place; undefined in a shop that has none. */
async function someOrder({ client, random }: ActionContext, lock: '' | 'for update' = ''): Promise<string | undefined> {
  const sql = `select id from orders where id >= 1 + floor($1::float8 * (select max(id) from orders))::bigint order by id limit 1 ${lock}`
  const found = await client.query<{ id: string }>(sql, [random.next()])
  return found.rows[0]?.id
}

async function changed(client: ClientBase, sql: string, values: unknown[]): Promise<number> {
  return (await client.query(sql, values)).rowCount ?? 0
}
