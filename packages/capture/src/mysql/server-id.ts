import { createHash } from 'node:crypto'
import type { MysqlSource } from '@millrace/core'

/** Above what people give to servers by hand. */
const LEAST = 1_000_000
const RANGE = 4_000_000_000

export interface SourceNames {
  readonly project: string
  readonly name: string
  readonly config: MysqlSource
}

/** The number under which the server knows this reader: the same at every start, and another for every source. */
export function serverIdOf({ project, name, config }: SourceNames): number {
  if (config.serverId !== undefined) return config.serverId
  return LEAST + (createHash('sha256').update(`${project}/${name}`).digest().readUInt32LE(0) % RANGE)
}
