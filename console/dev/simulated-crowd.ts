/** A project as large as they come, with names as long as they come: 2 sources, 60 tables, 200 models, 12 deliveries. */
import type { StageObservation } from '@millrace/core'
import type { GraphEdge } from '@millrace/serve'

const MODELS = 200
const TABLES = 60
const DELIVERIES = 12
const SUBJECTS = ['orders', 'customer_lifetime_value', 'stock', 'invoices', 'returns_and_refunds_by_carrier_and_reason', 'visits', 'margin']

const tableName = (at: number): string => `${at % 3 === 0 ? 'warehouse_management' : 'shop'}.${SUBJECTS[at % SUBJECTS.length]}_${at}`
const modelName = (at: number): string => `${SUBJECTS[at % SUBJECTS.length]}_by_day_${at}`

export const CROWD_STREAMS: readonly string[] = Array.from({ length: TABLES }, (_, at) => tableName(at))

/** Twenty models read tables; each further one reads two of the twenty before it, so that the thread is ten ranks long. */
export function crowdEdges(): GraphEdge[] {
  const tables = CROWD_STREAMS.map((name) => ({ from: `source:${name.split('.')[0]}`, to: `stream:${name}` }))
  const models = Array.from({ length: MODELS }, (_, at) => {
    const inputs =
      at < 20
        ? [0, 20, 40].map((step) => `stream:${tableName((at + step) % TABLES)}`)
        : [at - 20, at - 20 - (at % 7)].map((input) => `model:${modelName(Math.max(0, input))}`)
    return [...new Set(inputs)].map((from) => ({ from, to: `model:${modelName(at)}` }))
  })
  const deliveries = Array.from({ length: DELIVERIES }, (_, at) => ({
    from: `model:${modelName(MODELS - 1 - at * 3)}`,
    to: `delivery:partner_${at}`,
  }))
  return [...tables, ...models.flat(), ...deliveries]
}

export function crowdObservations(nowMs: number): StageObservation[] {
  const heard = { lastChangeMs: nowMs - 400, error: null, phase: 'running' as const, lagMs: 40, backlog: 0 }
  const changes = (at: number): number => Math.floor(nowMs / 1000) * (1 + (at % 5))
  return [
    ...['shop', 'warehouse_management'].map((name): StageObservation => ({
      ...heard,
      kind: 'source',
      name,
      changes: changes(4),
      lastContactMs: nowMs,
      evidence: { tables: 30 },
    })),
    ...Array.from({ length: MODELS }, (_, at): StageObservation => ({
      ...heard,
      ...(at % 41 === 7 ? { lagMs: 95_000, backlog: 12_000 } : {}),
      kind: 'model',
      name: modelName(at),
      changes: changes(at),
      lastContactMs: null,
      evidence: { stateRows: at * 977, rows: at * 131 },
    })),
    ...Array.from({ length: DELIVERIES }, (_, at): StageObservation => ({
      ...heard,
      kind: 'delivery',
      name: `partner_${at}`,
      changes: changes(at),
      lastContactMs: nowMs,
      evidence: { endpoint: 'https://partner.example.com' },
    })),
  ]
}
