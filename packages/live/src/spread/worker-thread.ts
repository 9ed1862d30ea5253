/** A worker of the live models: holds shards, and steps them as it is asked to, one after the other. */
import { assert, MillraceError } from '@millrace/base'
import { parentPort, workerData } from 'node:worker_threads'
import { StateMemory, type StateMemoryOptions } from '../spill/state-memory.ts'
import { Shard } from './shard.ts'
import type { WorkerReply, WorkerRequest } from './worker-protocol.ts'

assert(parentPort !== null, 'a worker runs in a thread of its own')
const port = parentPort
const memory = new StateMemory(workerData as StateMemoryOptions)
const shards = new Map<number, Shard>()
const send = (reply: WorkerReply): void => port.postMessage(reply, [])

port.on('message', (request: WorkerRequest) => {
  switch (request.kind) {
    case 'open':
      shards.set(request.shard, new Shard(request.plan, memory))
      return
    case 'step':
      send(replyTo(request))
      return
    case 'close':
      shards.get(request.shard)?.close()
      shards.delete(request.shard)
      return
    case 'end':
      memory.close()
      port.close()
  }
})

send({ kind: 'ready' })

function replyTo({ id, shard: number, inputs }: Extract<WorkerRequest, { kind: 'step' }>): WorkerReply {
  try {
    const shard = shards.get(number)
    assert(shard !== undefined, 'a shard is stepped between its beginning and its end')
    return { id, kind: 'answer', answer: shard.step(inputs) }
  } catch (error) {
    if (error instanceof MillraceError) return { id, kind: 'raised', code: error.code, details: error.details }
    return { id, kind: 'broke', error: error instanceof Error ? error : new Error(String(error)) }
  }
}
