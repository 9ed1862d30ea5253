/**
 * What each published model was written as, kept beside the folds: after an edit the version before can be
 * bound again and goes on until the new one is filled. Also how fast models were filled, for the forecast.
 */
import { assert } from '@millrace/base'
import type { LogReader, StateChange } from '@millrace/core'
import type { BoundModel, ModelSource } from '@millrace/sql'
import { readProgress } from './live-progress.ts'

export const PUBLISHED_OWNER = 'live'
const PART = 'models'

export interface FillSpeed {
  readonly rows: number
  readonly ms: number
}

export interface PublishedModel extends ModelSource {
  readonly fingerprint: string
}

/** What the log holds of models that ran last, under their own names. */
export interface PublishedModels {
  readonly models: readonly PublishedModel[]
  /** Of the newest filling that took a while; null where there was none. */
  readonly speed: FillSpeed | null
}

interface Saved {
  readonly models: Readonly<Record<string, { readonly sql: string; readonly file?: string }>>
  readonly speed: FillSpeed | null
}

const NOTHING: Saved = { models: {}, speed: null }

export function readPublished(reader: LogReader): PublishedModels {
  const saved = readSaved(reader)
  const models = Object.entries(readProgress(reader).models).flatMap(([name, fingerprint]) => {
    const written = saved.models[name]
    return written === undefined ? [] : [{ name, fingerprint, ...written }]
  })
  return { models, speed: saved.speed }
}

/** Remembers the texts of what is published; written whole, and only when that changes. */
export class PublishedTexts {
  #saved: Saved

  constructor(reader: LogReader) {
    this.#saved = readSaved(reader)
  }

  /** The state that goes with the commit that publishes `told`, after which `names` are published. */
  publish(told: readonly BoundModel[], names: ReadonlySet<string>, speed: FillSpeed | null): StateChange {
    const models = new Map(Object.entries(this.#saved.models).filter(([name]) => names.has(name)))
    for (const { name, sql, file } of told) models.set(name, { sql, file })
    this.#saved = { models: Object.fromEntries(models), speed: speed ?? this.#saved.speed }
    const bytes = Buffer.from(JSON.stringify(this.#saved))
    return { put: [{ owner: PUBLISHED_OWNER, part: PART, sequence: 0, bytes }] }
  }
}

function readSaved(reader: LogReader): Saved {
  for (const { part, bytes } of reader.segments(PUBLISHED_OWNER)) {
    assert(part === PART, 'the runner keeps nothing else under its own name')
    return JSON.parse(Buffer.from(bytes).toString()) as Saved
  }
  return NOTHING
}
