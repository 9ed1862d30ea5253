/**
 * Capture as a process of its own under a limit of memory: `capture-child.ts STORE NAME=URL …`. Says
 * `ready` once all follow their streams, and at its end what memory it took at most.
 */
import { seededRandom, systemClock } from '@millrace/base'
import { openParking, PostgresCapture } from '@millrace/capture'
import { openStore } from '@millrace/store'

const [path = '', ...sources] = process.argv.slice(2)
const store = await openStore(path)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
const captures = sources.map((text) => {
  const [name = '', ...url] = text.split('=')
  const reader = store.reader()
  return new PostgresCapture({
    project: 'drill',
    name,
    config: { kind: 'postgres', url: url.join('='), slot: `drill_${name}` },
    writer: store,
    reader,
    parking: openParking({ source: name, reader, clock: systemClock }),
    clock: systemClock,
    random: seededRandom(1),
    partitionsOf: () => 1,
  })
})
const ready = setInterval(() => {
  if (!captures.every((capture) => capture.observe()[0]?.phase === 'running')) return
  clearInterval(ready)
  process.stdout.write('ready\n')
}, 20)
await Promise.all(captures.map((capture) => capture.run(stop.signal)))
clearInterval(ready)
await store.close()
process.stdout.write(`${JSON.stringify({ peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024) })}\n`)
