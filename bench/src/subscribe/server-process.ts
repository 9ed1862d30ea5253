/** The server of this bench: a store, one live model over one stream, and its readers; or bare sockets. */
import { BatchBuilder, type Schema } from '@millrace/core'
import { LiveRunner } from '@millrace/live'
import { Reading, ReadingDesk, type ServeApi, startServer } from '@millrace/serve'
import { bindModels } from '@millrace/sql'
import { openStore } from '@millrace/store'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FromServer, monotonicMs, type ServerOrder, TICK_ID, type ToServer } from './protocol.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'tick', type: { kind: 'int64' }, nullable: true },
    { name: 'label', type: { kind: 'text' }, nullable: true },
    { name: 'amount', type: { kind: 'decimal', width: 12, scale: 2 }, nullable: true },
  ],
  key: [0],
}

const order = JSON.parse(process.argv[2] ?? '{}') as ServerOrder
const tell = (message: FromServer): void => void process.send?.(message)
const onTick = order.mode === 'millrace' ? await serveMillrace() : await serveBare()

process.on('message', (message: ToServer) => {
  if (message.kind === 'tick') void onTick.tick(message.tick)
  else void onTick.end().then(() => process.exit(0))
})

interface Served {
  tick(tick: number): Promise<void>
  end(): Promise<void>
}

async function serveMillrace(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-subscribe-'))
  const store = await openStore(join(folder, 'store.db'))
  await store.commit({ streams: [{ name: 'shop.ticks', kind: 'table', schema: SCHEMA, partitions: 1 }] })
  const { bound } = await bindModels({
    models: [{ name: 'latest', sql: 'SELECT id, tick, label, amount FROM shop.ticks' }],
    streams: [{ name: 'shop.ticks', schema: SCHEMA }],
  })
  const stop = new AbortController()
  const runner = new LiveRunner({ models: bound, writer: store, reader: store.reader(), signal: store })
  const running = runner.run(stop.signal)
  let transaction = 0
  const commit = async (ids: readonly number[], tick: number): Promise<void> => {
    transaction += 1
    const builder = new BatchBuilder(SCHEMA)
    for (const [index, id] of ids.entries()) {
      const row = [id, tick, `the row of number ${id}`, id * 100]
      builder.push(tick === 0 ? 'insert' : 'update', { transaction, index, time: Date.now() * 1000 }, row)
    }
    await store.commit({ appends: [{ stream: 'shop.ticks', partition: 0, batch: builder.finish() }] })
  }
  await commit(
    Array.from({ length: order.rows }, (_, id) => id),
    0,
  )
  const reader = store.reader()
  while (!reader.streams().some(({ name }) => name === 'latest') || (reader.extents('latest')[0]?.next ?? 0) < order.rows) {
    await store.after(reader.cut())
  }
  const reading = new Reading({ reader: store.reader(), signal: store, storeId: store.id, models: [{ name: 'latest', indexes: [] }] })
  const following = reading.run(stop.signal)
  const server = await startServer({ port: 0, api: {} as ServeApi, consoleFolder: folder, reading: new ReadingDesk(reading, []) })
  tell({ kind: 'ready', port: server.port })
  return {
    async tick(tick) {
      await commit([TICK_ID], tick)
      tell({ kind: 'committed', tick, atMs: monotonicMs() })
    },
    async end() {
      stop.abort(new DOMException('The bench ends.', 'AbortError'))
      await server.close()
      await Promise.all([running, following])
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The least that such a server could do: one write of the same bytes to each socket, and one constant answer. */
async function serveBare(): Promise<Served> {
  const sockets = new Set<Socket>()
  const answer = Buffer.from(`{"rows":[{"id":1,"tick":0,"label":"the row of number 1","amount":"1.00"}]}`)
  const http = createHttpServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
    response.end(answer)
  })
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (request) => {
      if (String(request).startsWith('GET /api/models/latest/changes')) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.write('{"type":"snapshot"}\n')
        return
      }
      http.emit('connection', socket)
      socket.unshift(request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  tell({ kind: 'ready', port: typeof address === 'object' && address !== null ? address.port : 0 })
  return {
    async tick(tick) {
      const row = (told: number): string => `{"id":0,"tick":${told},"label":"the row of number 0","amount":"0.00"}`
      const change = `{"operation":"update","before":${row(tick - 1)},"after":${row(tick)}}`
      const bytes = Buffer.from(
        `id: ${'x'.repeat(90)}\ndata: {"type":"changes","cut":1000,"asOf":999,"position":"${'x'.repeat(90)}","changes":[${change}]}\n\n`,
      )
      tell({ kind: 'committed', tick, atMs: monotonicMs() })
      for (const socket of sockets) socket.write(bytes)
    },
    async end() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
