/** Brings the models of the shop up to the newest cut of a store, and ends; its crash point may end it before. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@millrace/store'
import { LiveRunner } from '../runner/live-runner.ts'
import { bound } from './shop.ts'

const [path = '', models = '{}', stepChangesLimit = '1'] = process.argv.slice(2)
const store = await openStore(path)
const reader = store.reader()
const cut = reader.cut()
const stop = new AbortController()
const runner = new LiveRunner({
  models: await bound(JSON.parse(models) as Record<string, string>),
  writer: store,
  reader: store.reader(),
  signal: store,
  stepChangesLimit: Number(stepChangesLimit),
})
const done = runner.run(stop.signal)
const isThere = (): boolean =>
  runner.observe().every(({ phase, evidence }) => phase === 'running' && Number(evidence['cut']) >= cut && evidence['committing'] === false)
while (!isThere()) await Promise.race([sleep(1), done])
stop.abort()
await done
reader.close()
await store.close()
