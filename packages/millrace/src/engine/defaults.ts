import type { ProjectConfig } from '@millrace/core'
import { totalmem } from 'node:os'
import { constrainedMemory } from 'node:process'
import { bytesOf } from '../config/byte-size.ts'

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 4770
/** How long a running process rests between two rounds of proofs. */
export const PROOF_PAUSE_MS = 30_000
export const RETENTION_EVERY_MS = 60_000
/** Of the memory that the process may have, what the state of live models takes before it goes to a scratch file. */
const LIVE_MEMORY_SHARE = 0.25

export function liveMemoryBytes({ live }: ProjectConfig): number {
  const wanted = live?.memory === undefined ? null : bytesOf(live.memory)
  const constrained = constrainedMemory()
  return wanted ?? Math.floor(Math.min(totalmem(), constrained > 0 ? constrained : Infinity) * LIVE_MEMORY_SHARE)
}
