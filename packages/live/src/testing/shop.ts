/** The tables of a small shop and a bank, and the models over them. */
import type { Schema, StreamDefinition, Type } from '@millrace/core'
import { bindModels, type BoundModel } from '@millrace/sql'

const int64: Type = { kind: 'int64' }
const text: Type = { kind: 'text' }
const price: Type = { kind: 'decimal', width: 10, scale: 2 }

function table(name: string, columns: Readonly<Record<string, Type>>, key: readonly number[] = [0]): StreamDefinition {
  const schema: Schema = { columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, nullable: true })), key }
  return { name, kind: 'table', partitions: 1, schema }
}

export const ORDERS = table('shop.orders', { id: int64, customer_id: int64, note: text })
export const CUSTOMERS = table('shop.customers', { id: int64, name: text })
export const ITEMS = table('shop.order_items', { id: int64, order_id: int64, product_id: int64, quantity: { kind: 'int32' } })
export const PRODUCTS = table('shop.products', { id: int64, name: text, price })
export const ACCOUNTS = table('bank.accounts', { id: int64, balance: int64 })
export const EVENTS = table('bank.events', { what: text, size: { kind: 'int32' } }, [])

export const TABLES: readonly StreamDefinition[] = [ORDERS, CUSTOMERS, ITEMS, PRODUCTS, ACCOUNTS, EVENTS]

export const ORDER_TOTALS = `
  SELECT o.id AS order_id, c.name AS customer, sum(i.quantity * p.price) AS total, count(*) AS items
  FROM shop.orders o
  JOIN shop.customers c ON c.id = o.customer_id
  JOIN shop.order_items i ON i.order_id = o.id
  JOIN shop.products p ON p.id = i.product_id
  GROUP BY o.id, c.name`

export async function bound(
  models: Readonly<Record<string, string>>,
  streams: readonly StreamDefinition[] = TABLES,
): Promise<readonly BoundModel[]> {
  const result = await bindModels({ models: Object.entries(models).map(([name, sql]) => ({ name, sql })), streams })
  const [error] = result.errors
  if (error !== undefined) throw error
  return result.bound
}
