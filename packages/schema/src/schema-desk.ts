/**
 * Answers who asks for a schema, however many ask at once: everybody who asks for the same while it is being
 * read waits for that one reading; what was read is kept; the rest have a bound at which they are turned away.
 */
import { MillraceError } from '@millrace/base'

/** Where schemas are read from: the registry in the store, or one behind a network. */
export type ReadSchema<Page> = (name: string) => Promise<Page | null>

export interface SchemaDeskOptions<Page> {
  readonly read: ReadSchema<Page>
  /** Readings at once; default 4. */
  readonly readsAtOnce?: number
  /** Names that wait for a reading; default 256. Beyond, AGENT_SCHEMAS_BUSY is raised. */
  readonly waitingLimit?: number
  /** Who waits for a reading, over all names; default 20,000. */
  readonly askersLimit?: number
  /** Answers that are kept, the least recently asked for going first; default 1024. */
  readonly pagesLimit?: number
}

export interface DeskCounts {
  readonly asked: number
  readonly read: number
}

interface Counting {
  asked: number
  read: number
}

export class SchemaDesk<Page> {
  readonly #read: ReadSchema<Page>
  readonly #readsAtOnce: number
  readonly #waitingLimit: number
  readonly #askersLimit: number
  readonly #pagesLimit: number
  readonly #pages = new Map<string, Page>()
  readonly #readings = new Map<string, Promise<Page | null>>()
  readonly #counts = new Map<string, Counting>()
  readonly #queue: (() => void)[] = []
  #reading = 0
  #askers = 0
  #turnedAway = 0

  constructor({ read, readsAtOnce = 4, waitingLimit = 256, askersLimit = 20_000, pagesLimit = 1024 }: SchemaDeskOptions<Page>) {
    this.#read = read
    this.#readsAtOnce = readsAtOnce
    this.#waitingLimit = waitingLimit
    this.#askersLimit = askersLimit
    this.#pagesLimit = pagesLimit
  }

  get turnedAway(): number {
    return this.#turnedAway
  }

  /** By name, since the desk was opened. */
  counts(): ReadonlyMap<string, DeskCounts> {
    return this.#counts
  }

  /** Null where there is none of that name: that is not kept, for it may come to be. Raises AGENT_SCHEMAS_BUSY. */
  async page(name: string): Promise<Page | null> {
    const kept = this.#pages.get(name)
    if (kept !== undefined) {
      this.#pages.delete(name)
      this.#pages.set(name, kept)
      this.#count(name).asked += 1
      return kept
    }
    const known = this.#readings.get(name)
    if (this.#askers >= this.#askersLimit || (known === undefined && this.#queue.length >= this.#waitingLimit)) {
      this.#turnedAway += 1
      throw new MillraceError('AGENT_SCHEMAS_BUSY', { details: { limit: known === undefined ? this.#waitingLimit : this.#askersLimit } })
    }
    this.#askers += 1
    try {
      const page = await (known ?? this.#start(name))
      if (page !== null) this.#count(name).asked += 1
      return page
    } finally {
      this.#askers -= 1
    }
  }

  /** What stands under a name has become another thing. */
  forget(name: string): void {
    this.#pages.delete(name)
    this.#counts.delete(name)
  }

  #start(name: string): Promise<Page | null> {
    const reading = this.#readInTurn(name).finally(() => this.#readings.delete(name))
    this.#readings.set(name, reading)
    return reading
  }

  async #readInTurn(name: string): Promise<Page | null> {
    if (this.#reading >= this.#readsAtOnce) await new Promise<void>((enter) => this.#queue.push(enter))
    else this.#reading += 1
    try {
      const page = await this.#read(name)
      if (page === null) return null
      this.#count(name).read += 1
      this.#pages.set(name, page)
      const oldest = this.#pages.keys().next().value
      if (this.#pages.size > this.#pagesLimit && oldest !== undefined) this.forget(oldest)
      return page
    } finally {
      // A place is handed on rather than given back, so that nobody slips in between.
      const next = this.#queue.shift()
      if (next === undefined) this.#reading -= 1
      else next()
    }
  }

  #count(name: string): Counting {
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const counting = { asked: 0, read: 0 }
    this.#counts.set(name, counting)
    return counting
  }
}
