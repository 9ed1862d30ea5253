import { assert } from '@millrace/base'
import type { ClientBase } from 'pg'

export interface ShopSize {
  readonly customers: number
  readonly products: number
  readonly orders: number
  readonly seed: number
}

/** How many lines an order of the shop has at most; lines are numbered from 1. */
export const ORDER_LINES_MAX = 5

export const COUNTRIES = ['AT', 'BR', 'CA', 'CH', 'DE', 'EG', 'ES', 'FR', 'GB', 'IN', 'IT', 'JP', 'KE', 'NL', 'PL', 'US'] as const
export const CATEGORIES = ['books', 'garden', 'kitchen', 'music', 'office', 'outdoor', 'tools', 'toys'] as const
export const CARRIERS = ['DHL', 'DPD', 'FedEx', 'La Poste', 'UPS'] as const

/**
 * A whole number in [0, below), drawn in SQL from `row`, so that one set-based statement fills a table
 * and the same seed always gives the same rows. `salt` tells two draws for one row apart.
 */
export function drawSql(row: string, below: string | number, salt: number): string {
  return `(hashint8extended(${row}, ${salt}) & 9007199254740991) % (${below})`
}

export function pickSql(list: readonly string[], row: string, salt: number): string {
  return `(array[${list.map((item) => `'${item}'`).join(',')}])[1 + ${drawSql(row, list.length, salt)}]`
}

/** Fills an empty shop in one transaction; about 100,000 rows a second. Returns the number of rows. */
export async function seedShop(client: ClientBase, size: ShopSize): Promise<number> {
  assert(size.customers > 0 && size.products > 0, 'a shop has customers and products')
  let rows = 0
  await client.query('begin')
  try {
    for (const sql of seedStatements(size)) rows += (await client.query(sql)).rowCount ?? 0
    for (const table of ['customers', 'products', 'prices', 'orders', 'shipments']) {
      await client.query(`select setval(pg_get_serial_sequence('${table}', 'id'), greatest(1, (select max(id) from ${table})))`)
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
  await client.query('analyze customers, products, prices, orders, order_items, shipments')
  return rows
}

function seedStatements({ customers, products, orders, seed }: ShopSize): string[] {
  const salt = (draw: number): number => seed * 100 + draw
  return [
    `insert into customers (id, email, name, country, newsletter, birthday, profile, joined_at)
     select g, 'customer' || g || '@example.com', 'Customer ' || g, ${pickSql(COUNTRIES, 'g', salt(1))},
       ${drawSql('g', 2, salt(2))} = 1, date '1950-01-01' + (${drawSql('g', 20_000, salt(3))})::int,
       jsonb_build_object('tier', ${drawSql('g', 4, salt(4))}, 'language', lower(${pickSql(COUNTRIES, 'g', salt(5))})),
       timestamptz '2025-01-01 00:00:00+00' + g * interval '1.000001 second'
     from generate_series(1, ${customers}) g`,
    `insert into products (id, sku, name, category, weight_grams, list_price)
     select g, 'SKU-' || lpad(g::text, 8, '0'), 'Product ' || g, ${pickSql(CATEGORIES, 'g', salt(6))},
       1 + ${drawSql('g', 30_000, salt(7))}, ${priceSql('g', salt(8))}
     from generate_series(1, ${products}) g`,
    `insert into prices (product_id, amount, valid_from) select id, list_price, date '2025-01-01' from products order by id`,
    `insert into orders (id, customer_id, status, gift, placed_at)
     select g, 1 + ${drawSql('g', customers, salt(9))}, ${pickSql(['placed', 'paid', 'packed', 'shipped'], 'g', salt(10))}::order_status,
       ${drawSql('g', 10, salt(11))} = 0, timestamptz '2026-01-01 00:00:00+00' + g * interval '1.7 second'
     from generate_series(1, ${orders}) g`,
    `insert into order_items (order_id, line, product_id, quantity, unit_price)
     select g, line, product.id, 1 + ${drawSql('g * 8 + line', 4, salt(13))}, product.list_price
     from generate_series(1, ${orders}) g
     cross join lateral generate_series(1, 1 + ${drawSql('g', ORDER_LINES_MAX, salt(14))}) line
     join products product on product.id = 1 + ${drawSql('g * 8 + line', products, salt(12))}`,
    `insert into shipments (order_id, carrier, weight_kilograms, tracking, shipped_at)
     select id, ${pickSql(CARRIERS, 'id', salt(15))}, (1 + ${drawSql('id', 9_000, salt(16))}) / 1000.0::float8,
       jsonb_build_object('code', 'T' || id), placed_at + interval '1 day'
     from orders where status = 'shipped' order by id`,
  ]
}

/** A price between 1.00 and 250.99. */
export function priceSql(row: string, salt: number): string {
  return `(100 + ${drawSql(row, 25_000, salt)})::numeric(14,2) / 100`
}
