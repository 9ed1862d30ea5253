/** The fastest that a program could read a table: `COPY (FORMAT binary)` from a raw socket, thrown away. */
import type { Socket } from 'node:net'
import pg from 'pg'

/** Ready for the next query, outside of a transaction: what the server says after the last row. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

export async function copyCeiling(url: string, table: string): Promise<{ bytes: number; seconds: number; cpuSeconds: number }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  stream.removeAllListeners('data')
  const beganMs = performance.now()
  const began = process.cpuUsage()
  let bytes = 0
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (chunk.subarray(-READY.length).equals(READY)) resolve()
    })
    const text = `COPY ${table} TO STDOUT (FORMAT binary)\0`
    const frame = Buffer.alloc(5 + text.length)
    frame[0] = 0x51
    frame.writeInt32BE(text.length + 4, 1)
    frame.write(text, 5)
    stream.write(frame)
  })
  const seconds = (performance.now() - beganMs) / 1000
  const { user, system } = process.cpuUsage(began)
  stream.destroy()
  return { bytes, seconds, cpuSeconds: (user + system) / 1e6 }
}
