/**
 * The one thread that writes. While a commit is being synced further sets arrive; all that wait are
 * taken into the next commit together, so that the rate of commits does not bound the rate of sets.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { assert, MillraceError } from '@millrace/base'
import { connectWriter, prepared, type WriterOptions } from './connection.ts'
import { type EncodedSet, heldBytes } from './encoded-set.ts'
import type { RetentionStep } from './retention.ts'
import { carried } from './store-error.ts'
import type { Reply, Request } from './writer-protocol.ts'
import { WriteAhead } from './write-ahead.ts'
import { type Applied, type Outcome, Writer } from './writer.ts'

assert(parentPort !== null, 'the writer runs in a thread of its own')
const port = parentPort
const options = workerData as WriterOptions

try {
  const db = connectWriter(options)
  const writer = prepared(db, options.path, () => new Writer(db, options.path))
  const writeAhead = new WriteAhead(db)
  port.on('message', (first: Request) => {
    const requests = [first, ...waiting()]
    const isFull = grouped(requests)
      .map((group) => answer(writer, group))
      .includes(true)
    if (requests.some(({ kind }) => kind === 'close')) {
      writeAhead.finish()
      db.close()
      send([{ kind: 'closed' }])
      port.close()
    } else {
      // Moving the pages gives the write-ahead file's room back to use: it may be all that is left.
      const written = isFull
        ? Infinity
        : requests.reduce((bytes, request) => bytes + (request.kind === 'commit' ? heldBytes(request.set) : 0), 0)
      writeAhead.keepBounded(written)
    }
  })
  send([{ kind: 'open' }])
} catch (error) {
  send([{ kind: 'failed', error: carried(error as Error) }])
}

function waiting(): Request[] {
  const requests: Request[] = []
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) requests.push(next.message as Request)
  return requests
}

type Group = { readonly ids: number[]; readonly sets: EncodedSet[] } | Exclude<Request, { kind: 'commit' }>

/** Neighbouring write sets share a commit; the order of the requests is kept. */
function grouped(requests: readonly Request[]): Group[] {
  const groups: Group[] = []
  for (const request of requests) {
    const last = groups.at(-1)
    if (request.kind !== 'commit') groups.push(request)
    else if (last !== undefined && 'sets' in last) {
      last.ids.push(request.id)
      last.sets.push(request.set)
    } else groups.push({ ids: [request.id], sets: [request.set] })
  }
  return groups
}

/** Returns true if the disk was full. */
function answer(writer: Writer, group: Group): boolean {
  if ('sets' in group) {
    const outcomes = writer.applyAll(group.sets)
    send(outcomes.map((outcome, at) => replyTo(group.ids[at] as number, outcome)))
    return outcomes.some(isDiskFull)
  }
  if (group.kind === 'close') return false
  const outcome = writer.dropOld(group.stream, group.beforeMs)
  send([replyTo(group.id, outcome)])
  return isDiskFull(outcome)
}

function isDiskFull(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && outcome.error instanceof MillraceError && outcome.error.code === 'STORE_DISK_FULL'
}

function replyTo(id: number, outcome: Outcome<Applied | RetentionStep>): Reply {
  return outcome.ok ? { kind: 'done', id, value: outcome.value } : { kind: 'rejected', id, error: carried(outcome.error) }
}

function send(replies: readonly Reply[]): void {
  port.postMessage(replies)
}
