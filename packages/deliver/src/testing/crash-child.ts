/** A process that delivers until nothing is left, or until its crash point: `crash-child.ts STORE URL`. */
import { Door } from '@millrace/guard'
import { openStore } from '@millrace/store'
import { WebhookStage } from '../webhook-stage.ts'

const [path = '', url = ''] = process.argv.slice(2)
const store = await openStore(path)
const door = new Door({ allowInside: ['127.0.0.1'] })
const config = { kind: 'webhook', from: 'orders', url, concurrency: 16 } as const
const stage = new WebhookStage({ name: 'partner', config, storeId: store.id, writer: store, reader: store.reader(), signal: store, door })
const controller = new AbortController()
const ended = stage.run(controller.signal)
while (stage.observe()[0]?.backlog !== 0) await new Promise((resolve) => setTimeout(resolve, 10))
controller.abort(new Error('all is delivered'))
await ended
door.close()
await store.close()
