/** The agent's own queue, and those that processes before it left behind on the same disk. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DiskQueue } from './disk-queue.ts'
import { MemoryQueue } from './memory-queue.ts'
import type { Limits } from './options.ts'
import type { EventQueue } from './queue.ts'
import { SegmentFiles } from './segment-files.ts'
import { FREE, isLeft, OWNER, ownedName, readOwnedName } from './spill-owner.ts'

export interface QueuesOptions {
  readonly diskFolder: string | undefined
  readonly limits: Limits
  readonly onDamage: (events: number, what: string) => void
  readonly onProblem: (message: string) => void
  readonly onWritten: () => void
}

/** Without a disk, or where it refuses, in memory: the host goes on either way. */
export function openOwnQueue(options: QueuesOptions): EventQueue {
  const instance = randomBytes(16).toString('hex')
  const { diskFolder, limits, onProblem } = options
  if (diskFolder === undefined) return new MemoryQueue(instance, limits.memoryBytesMax)
  try {
    mkdirSync(diskFolder, { recursive: true, mode: 0o700 })
    return openQueue(options, diskFolder, instance)
  } catch (error) {
    onProblem(
      `The folder for events cannot be used (${error instanceof Error ? error.message : String(error)}); they wait in memory alone.`,
    )
    return new MemoryQueue(instance, limits.memoryBytesMax)
  }
}

/** Takes over what dead processes left; a folder that another takes at the same moment is that one's. */
export function adoptQueues(options: QueuesOptions, held: ReadonlySet<string>): EventQueue[] {
  const { diskFolder, onProblem } = options
  if (diskFolder === undefined) return []
  const adopted: EventQueue[] = []
  for (const name of namesIn(diskFolder)) {
    const owned = readOwnedName(name)
    if (owned === null || held.has(owned.instance) || !isLeft(join(diskFolder, name), owned.owner)) continue
    try {
      renameSync(join(diskFolder, name), join(diskFolder, ownedName(owned.instance, OWNER)))
    } catch {
      continue
    }
    try {
      adopted.push(openQueue(options, diskFolder, owned.instance))
    } catch (error) {
      onProblem(`Events that were left behind cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return adopted
}

function openQueue({ limits, onDamage, onProblem, onWritten }: QueuesOptions, folder: string, instance: string): EventQueue {
  return new DiskQueue({
    instance,
    files: new SegmentFiles(join(folder, ownedName(instance, OWNER))),
    memoryBytesMax: limits.memoryBytesMax,
    diskBytesMax: limits.diskBytesMax,
    freeName: join(folder, ownedName(instance, FREE)),
    onDamage,
    onProblem,
    onWritten,
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
