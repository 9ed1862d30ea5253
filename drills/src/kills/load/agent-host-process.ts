/**
 * An application with an agent in it: sends events, and prints after each save how many of them are safe. Told to
 * drain it sends none, and only delivers what earlier lives left on the disk.
 */
import { createAgent } from '@millrace/agent'
import { setTimeout as sleep } from 'node:timers/promises'

export interface HostOrder {
  readonly url: string
  readonly token: string
  readonly folder: string
  readonly life: number
  readonly drain: boolean
}

const EVENTS_AT_ONCE = 40
const PAUSE_MS = 20

const { url, token, folder, life, drain } = JSON.parse(process.argv[2] ?? '{}') as HostOrder
const agent = createAgent({
  url,
  token,
  diskFolder: folder,
  startJitterMs: 50,
  schemaJitterMs: 50,
  retryBaseMs: 50,
  retryLimitMs: 500,
  onDrop: (drop) => process.stderr.write(`${JSON.stringify(drop)}\n`),
})
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

let sent = 0
while (!stop.signal.aborted) {
  if (!drain) {
    for (let event = 0; event < EVENTS_AT_ONCE; event += 1) {
      agent.send('clicks', { life, number: sent, page: `/page/${sent % 17}` })
      sent += 1
    }
    if (await agent.save()) process.stdout.write(`${sent}\n`)
  }
  await sleep(PAUSE_MS)
}
await agent.close({ timeoutMs: 500 })
process.exit(0)
