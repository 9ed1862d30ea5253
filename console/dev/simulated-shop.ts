/**
 * A shop that moves without any database, for looking at the console while it is built. The verdicts are
 * real: `watch` draws them from the observations that are simulated here. Nothing of it is shipped.
 */
import { type Clock, MillraceError, seededRandom, systemClock } from '@millrace/base'
import type { StageObservation } from '@millrace/core'
import type {
  Attempt,
  BackfillState,
  ChangeRecord,
  EventDetail,
  EventStatus,
  NoticeTaken,
  ParkedRequest,
  ProofState,
  Row,
  ServeApi,
} from '@millrace/serve'
import { answerOf, idOf, Watch } from '@millrace/watch'
import { CROWD_STREAMS, crowdEdges, crowdObservations } from './simulated-crowd.ts'
import { SimulatedParking } from './simulated-parking.ts'

export const SCENARIOS = ['calm', 'busy', 'dead', 'parked', 'different', 'empty', 'snapshot', 'crowd'] as const
export type Scenario = (typeof SCENARIOS)[number]

const SQL = `-- What each order is worth, kept up to date with every change.
select
  o.id as order_id,
  c.name as customer,
  o.status,
  count(*) as lines,
  sum(i.quantity * p.price) as total
from shop.orders o
join shop.customers c on c.id = o.customer_id
join shop.order_items i on i.order_id = o.id
join shop.products p on p.id = i.product_id
where o.status <> 'cancelled'
group by o.id, c.name, o.status
`

const TABLES = ['shop.customers', 'shop.products', 'shop.prices', 'shop.orders', 'shop.order_items', 'shop.shipments']
const NAMES = [
  'Ada Lovelace',
  'Emmy Noether',
  'Alan Turing',
  'Grace Hopper',
  'Sofia Kovalevskaya',
  'Blaise Pascal',
  'Hypatia',
  'Ibn al-Haytham',
]
const STATUSES = ['open', 'paid', 'packed', 'shipped']

export class SimulatedShop implements ServeApi {
  readonly #scenario: Scenario
  readonly #random = seededRandom(7)
  #aheadMs = 0
  readonly #clock: Clock = {
    nowMs: () => Date.now() + this.#aheadMs,
    monotonicMs: () => performance.now() + this.#aheadMs,
    sleep: (delayMs, signal) => systemClock.sleep(delayMs, signal),
  }
  readonly #watch = new Watch({ clock: this.#clock })
  readonly #startedMs = Date.now() - 3 * 3_600_000
  readonly #positions = new Map<string, number>()
  readonly #counts = new Map<string, number>()
  #changes: ChangeRecord[] = []
  #events: EventDetail[] = []
  #cut = 81_204
  #ticks = 0
  #proof: ProofState
  readonly #parking: SimulatedParking

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#parking = new SimulatedParking(scenario === 'parked')
    const differentRows = scenario === 'different' ? 3 : 0
    const verdict = scenario === 'different' ? 'different' : scenario === 'snapshot' ? 'never' : 'equal'
    const done = verdict !== 'never'
    this.#proof = {
      model: 'order_totals',
      verdict,
      atMs: done ? Date.now() - 12_000 : null,
      cut: done ? this.#cut : null,
      rows: done ? 3102 : null,
      differentRows: done ? differentRows : null,
      tookMs: done ? 41 : null,
      ties: [],
    }
  }

  /** Two minutes of life before the page is opened, so that it opens with a history. */
  prepare(): void {
    for (let second = 120; second > 0; second -= 1) {
      this.#aheadMs = -second * 1000
      this.tick()
    }
    this.#aheadMs = 0
  }

  /** One second of the shop's life. */
  tick(): void {
    this.#ticks += 1
    const orders =
      this.#scenario === 'busy'
        ? 40 + this.#random.below(80)
        : Math.max(0, Math.round(3 + 3 * Math.sin(this.#ticks / 9) + this.#random.below(3)))
    if (this.#scenario !== 'empty' && !(this.#scenario === 'dead' && this.#ticks > 100)) {
      for (let each = 0; each < orders; each += 1) this.#order()
    }
    if (this.#ticks % 15 === 0 && this.#proof.verdict === 'equal')
      this.#proof = { ...this.#proof, atMs: this.#clock.nowMs(), cut: this.#cut }
    this.#watch.sample({ observations: this.#observations(), streams: this.#streams(), edges: this.graph().edges })
  }

  async proveStream(stream: string) {
    return this.#copy(stream, Date.now())
  }

  #copy(stream: string, atMs: number | null) {
    const verdict = atMs === null ? ('never' as const) : ('equal' as const)
    return { stream, verdict, atMs, place: '0/5A3C1F8', rows: 48_211, differentRows: 0, tookMs: 830 }
  }

  async parked(request: ParkedRequest) {
    return this.#parking.page(request)
  }

  async parkedRecord(id: string) {
    return this.#parking.detail(id)
  }

  async fixParked(id: string, row: Row) {
    return this.#parking.fix(id, row)
  }

  async replayParked(id: string) {
    return this.#parking.replay(id)
  }

  async backfill(stream: string) {
    return this.backfillState(stream)
  }

  backfillState(stream: string): BackfillState {
    throw new MillraceError('STREAM_UNKNOWN', { details: { name: stream } })
  }

  notify(source: string): NoticeTaken {
    throw new MillraceError('STREAM_UNKNOWN', { details: { name: source } })
  }

  async acceptTable(stream: string) {
    return { source: 'shop', stream, what: 'the column discount was removed', sinceMs: Date.now(), accepted: true }
  }

  async dropParked(id: string) {
    return this.#parking.drop(id)
  }

  overview() {
    return {
      project: 'shop',
      version: '0.1.0',
      nowMs: Date.now(),
      startedMs: this.#startedMs,
      cut: this.#cut,
      answer: answerOf(this.#watch.reports(), this.#scenario === 'empty' ? [] : [this.#proof]),
      proofs: this.#scenario === 'empty' ? [] : [this.#proof],
      copies: [],
    }
  }

  graph() {
    const label = { source: 'Postgres 17', stream: 'stream', model: 'live model', delivery: 'webhook to api.example.com' }
    const edges = [
      ...TABLES.map((name) => ({ from: 'source:shop', to: `stream:${name}` })),
      ...['shop.orders', 'shop.customers', 'shop.order_items', 'shop.products'].map((name) => ({
        from: `stream:${name}`,
        to: 'model:order_totals',
      })),
      { from: 'model:order_totals', to: 'delivery:crm' },
      { from: 'stream:shop.shipments', to: 'delivery:warehouse' },
    ]
    return {
      nodes: this.#watch.reports().map((report) => ({
        ...report,
        id: idOf(report),
        label: label[report.kind],
        hasSql: report.kind === 'model',
        proof: report.kind === 'model' ? this.#proof : null,
        copy: report.kind === 'stream' ? this.#copy(report.name, Date.now() - 95_000) : null,
      })),
      edges: this.#scenario === 'empty' ? [] : this.#scenario === 'crowd' ? crowdEdges() : edges,
    }
  }

  async latest({ afterCut, limit }: { afterCut: number; limit: number }) {
    return { cut: this.#cut, changes: this.#changes.filter((change) => change.cut > afterCut).slice(-limit) }
  }

  async changes({ stream, partition, limit }: { stream: string; partition: number; limit: number }) {
    const changes = this.#changes.filter((change) => change.stream === stream).slice(-limit)
    return { stream, partition, first: 0, next: this.#positions.get(stream) ?? 0, changes }
  }

  async model(name: string) {
    if (name !== 'order_totals') throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
    const report = this.#watch.reports().find((each) => each.kind === 'model')
    return {
      name,
      file: 'models/order_totals.sql',
      sql: SQL,
      columns: [
        { name: 'order_id', type: 'BIGINT', nullable: false },
        { name: 'customer', type: 'VARCHAR', nullable: true },
        { name: 'status', type: 'VARCHAR', nullable: true },
        { name: 'lines', type: 'BIGINT', nullable: true },
        { name: 'total', type: 'DECIMAL(38,2)', nullable: true },
      ],
      key: ['order_id'],
      inputs: ['shop.orders', 'shop.customers', 'shop.order_items', 'shop.products'].map((input) => ({
        name: input,
        kind: 'stream' as const,
      })),
      asOf: this.#cut,
      stateRows: 18_412,
      rows: 3102,
      subscribers: 214,
      proof: this.#proof,
      whyStale: report === undefined || ['flowing', 'quiet'].includes(report.verdict) ? null : report.sentence,
    }
  }

  async events({ delivery, status, limit }: { delivery: string; status: EventStatus | null; limit: number }) {
    const all = this.#events.filter((event) => event.delivery === delivery)
    const counts: Partial<Record<EventStatus, number>> = {}
    for (const event of all) counts[event.status] = (counts[event.status] ?? 0) + 1
    const events = all.filter((event) => status === null || event.status === status).slice(-limit)
    return { delivery, counts, events: events.toReversed(), cursor: null }
  }

  async event(delivery: string, id: string) {
    const event = this.#events.find((each) => each.delivery === delivery && each.id === id)
    if (event === undefined) throw new MillraceError('EVENT_UNKNOWN', { details: { delivery, id } })
    return event
  }

  async enable(delivery: string) {
    return { delivery }
  }

  async resend(delivery: string, id: string) {
    const event = await this.event(delivery, id)
    const attempt: Attempt = { number: event.attempts + 1, startedMs: Date.now(), tookMs: 38, answer: 200, error: null }
    const sent: EventDetail = {
      ...event,
      status: 'delivered',
      answer: 200,
      attempts: attempt.number,
      dueMs: null,
      attemptsMade: [...event.attemptsMade, attempt],
      trace: { ...event.trace, sentMs: attempt.startedMs, answeredMs: attempt.startedMs + 38 },
    }
    this.#events = this.#events.map((each) => (each.id === id ? sent : each))
    return sent
  }

  async prove() {
    await new Promise((resolve) => setTimeout(resolve, 700))
    this.#proof = { ...this.#proof, atMs: Date.now(), cut: this.#cut }
    return this.#proof
  }

  /** An order moves on: a table's change, the model's change behind it, and the event that tells of it. */
  #order(): void {
    const id = 4000 + this.#random.below(900)
    const status = STATUSES[this.#random.below(4)] ?? 'open'
    const previous = STATUSES[Math.max(0, STATUSES.indexOf(status) - 1)] ?? 'open'
    const customer = NAMES[id % NAMES.length] ?? 'Hypatia'
    const isNew = status === 'open'
    const order = { id, customer_id: 100 + (id % NAMES.length), status, placed_at: '2026-11-21 09:12:44' }
    this.#change('shop.orders', ['id'], isNew ? null : { ...order, status: previous }, order)
    if (isNew) {
      const item = { order_id: id, line: 1, product_id: 20 + this.#random.below(30), quantity: 1 + this.#random.below(4) }
      this.#change('shop.order_items', ['order_id', 'line'], null, item)
    }
    if (status === 'shipped') {
      const shipment = this.#change('shop.shipments', ['id'], null, { id: id + 9000, order_id: id, carrier: 'DHL', tracking: null })
      this.#tell('warehouse', shipment)
    }
    if (this.#random.below(6) === 0) {
      const product = { id: 20 + this.#random.below(30), name: 'Slate mug', price: (9 + this.#random.below(800) / 100).toFixed(2) }
      this.#change('shop.products', ['id'], { ...product, price: '9.50' }, product)
    }
    const cents = 1200 + this.#random.below(9000)
    const after = { order_id: id, customer, status, lines: 1 + (id % 4), total: (cents / 100).toFixed(2) }
    const before = isNew ? null : { ...after, status: previous, ...(id % 3 === 0 ? { total: ((cents - 350) / 100).toFixed(2) } : {}) }
    this.#tell('crm', this.#change('order_totals', ['order_id'], before, after))
  }

  #change(stream: string, key: readonly string[], before: Row | null, after: Row | null): ChangeRecord {
    const position = this.#positions.get(stream) ?? 9000
    this.#positions.set(stream, position + 1)
    this.#counts.set(stream, (this.#counts.get(stream) ?? 0) + 1)
    this.#cut += 1
    const committedMs = this.#clock.nowMs() - 30 - this.#random.below(400)
    const change: ChangeRecord = {
      stream,
      partition: 0,
      position,
      cut: this.#cut,
      operation: before === null ? 'insert' : after === null ? 'delete' : 'update',
      transaction: 94_000_000 + this.#cut,
      committedMs,
      loggedMs: committedMs + 6 + this.#random.below(10),
      key,
      before,
      after,
    }
    this.#changes = [...this.#changes, change].slice(-1000)
    return change
  }

  #tell(delivery: string, change: ChangeRecord): void {
    const fails = delivery === 'warehouse' && this.#random.below(3) === 0
    const parked = this.#scenario === 'parked' && fails
    const loggedMs = change.loggedMs ?? change.committedMs
    const liveMs = delivery === 'crm' ? loggedMs + 4 + this.#random.below(9) : null
    const sentMs = (liveMs ?? loggedMs) + 3 + this.#random.below(5)
    const tookMs = 18 + this.#random.below(60)
    const bad: Attempt = { number: 1, startedMs: sentMs, tookMs: 31, answer: 503, error: 'DELIVERY_STATUS: The receiver answered 503.' }
    const slow: Attempt = {
      number: 2,
      startedMs: sentMs + 5100,
      tookMs: 10_000,
      answer: null,
      error: 'DOOR_TIMEOUT: No answer within 10 s.',
    }
    const good: Attempt = { number: fails ? 3 : 1, startedMs: fails ? sentMs + 20_000 : sentMs, tookMs, answer: 200, error: null }
    const attemptsMade = parked ? [bad, slow, { ...bad, number: 3, startedMs: sentMs + 45_000 }] : fails ? [bad, slow, good] : [good]
    const last = attemptsMade.at(-1) ?? good
    const id = `msg_${change.position.toString(36)}${Math.floor(this.#random.next() * 36 ** 8).toString(36)}`
    const row = change.after ?? {}
    const event: EventDetail = {
      id,
      delivery,
      status: parked ? 'parked' : 'delivered',
      key: change.key.map((name) => `${name}=${String(row[name])}`).join(' '),
      operation: change.operation,
      attempts: attemptsMade.length,
      answer: last.answer,
      createdMs: change.committedMs,
      dueMs: null,
      change,
      attemptsMade,
      trace: {
        committedMs: change.committedMs,
        loggedMs,
        liveMs,
        sentMs: last.startedMs,
        answeredMs: parked ? null : last.startedMs + last.tookMs,
      },
    }
    this.#events = [...this.#events, event].slice(-500)
    this.#counts.set(delivery, (this.#counts.get(delivery) ?? 0) + 1)
  }

  #observations(): StageObservation[] {
    if (this.#scenario === 'empty') return []
    if (this.#scenario === 'crowd') return crowdObservations(this.#clock.nowMs())
    const dead = this.#scenario === 'dead' && this.#ticks > 100
    const snapshot = this.#scenario === 'snapshot'
    const nowMs = this.#clock.nowMs()
    const last = this.#changes.at(-1)?.committedMs ?? null
    const tables = TABLES.reduce((sum, name) => sum + (this.#counts.get(name) ?? 0), 0)
    const heard = { lastChangeMs: last, error: null, phase: 'running' as const, lagMs: 30 + this.#random.below(20), backlog: 0 }
    return [
      {
        ...heard,
        kind: 'source',
        name: 'shop',
        phase: dead ? 'retrying' : snapshot ? 'snapshot' : 'running',
        changes: snapshot ? this.#ticks * 41_000 : tables,
        lastContactMs: dead ? nowMs - (this.#ticks - 100) * 1000 : nowMs,
        error: dead
          ? new MillraceError('DOOR_UNREACHABLE', { details: { host: 'db.internal', port: 5432, reason: 'connection refused' } })
          : null,
        evidence: {
          slot: 'millrace_shop_shop',
          position: '0/5A3C1F8',
          walKeptBytes: 1_048_576,
          tables: 6,
          ...(this.#parking.count === 0 ? {} : { parked: this.#parking.count }),
        },
      },
      {
        ...heard,
        kind: 'model',
        name: 'order_totals',
        changes: this.#counts.get('order_totals') ?? 0,
        lastContactMs: null,
        evidence: { cut: this.#cut, stateRows: 18_412, rows: 3102, stepMs: 3.4 },
      },
      ...['crm', 'warehouse'].map((name): StageObservation => ({
        ...heard,
        kind: 'delivery',
        name,
        changes: this.#counts.get(name) ?? 0,
        lastContactMs: nowMs,
        evidence: {
          endpoint: 'https://api.example.com',
          parked: this.#events.filter((event) => event.delivery === name && event.status === 'parked').length,
          inFlight: 2,
        },
      })),
    ]
  }

  #streams() {
    if (this.#scenario === 'empty') return []
    if (this.#scenario === 'crowd')
      return CROWD_STREAMS.map((name) => ({ name, changes: Math.floor(this.#clock.nowMs() / 1000), lastChangeMs: this.#clock.nowMs() }))
    return TABLES.map((name) => ({
      name,
      changes: this.#counts.get(name) ?? 0,
      lastChangeMs: this.#changes.findLast((change) => change.stream === name)?.committedMs ?? null,
    }))
  }
}
