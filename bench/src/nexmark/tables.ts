/** The streams of Nexmark, as a source that inserts only would tell them. */
import type { Schema, StreamDefinition, Type } from '@millrace/core'

const int64: Type = { kind: 'int64' }
const text: Type = { kind: 'text' }
const timestamp: Type = { kind: 'timestamp' }

export const KINDS = ['person', 'auction', 'bid', 'side_input'] as const
export type Kind = (typeof KINDS)[number]

/** In the order in which a line of the file tells them. */
const COLUMNS: Readonly<Record<Kind, Readonly<Record<string, Type>>>> = {
  person: {
    id: int64,
    name: text,
    email_address: text,
    credit_card: text,
    city: text,
    state: text,
    date_time: timestamp,
    extra: text,
  },
  auction: {
    id: int64,
    item_name: text,
    description: text,
    initial_bid: int64,
    reserve: int64,
    date_time: timestamp,
    expires: timestamp,
    seller: int64,
    category: int64,
    extra: text,
  },
  bid: { auction: int64, bidder: int64, price: int64, channel: text, url: text, date_time: timestamp, extra: text },
  side_input: { key: int64, value: text },
}

function definition(kind: Kind): StreamDefinition {
  const columns = Object.entries(COLUMNS[kind]).map(([name, type]) => ({ name, type, nullable: true }))
  // A bid has no identity; of the others the first column is it.
  const schema: Schema = { columns, key: kind === 'bid' ? [] : [0] }
  return { name: `nexmark.${kind}`, kind: 'table', partitions: 1, schema }
}

export const TABLES: Readonly<Record<Kind, StreamDefinition>> = {
  person: definition('person'),
  auction: definition('auction'),
  bid: definition('bid'),
  side_input: definition('side_input'),
}
