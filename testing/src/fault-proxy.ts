/**
 * One TCP proxy for everything that networks do to connections: slow lines, packets in pieces, a peer
 * that is silent though connected, a connection that is open on one side only, and resets in the middle
 * of a message. It stands between Millrace and a real server; both are told nothing.
 *
 * Each direction of each connection is one loop that takes a piece, does to it what the faults of the
 * moment say, and waits until the other side has taken it: so bytes stay in order, and no more than one
 * piece is held per direction (law 8).
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

export interface LineFaults {
  /** Each piece is held this long. */
  readonly delayMs?: number
  /** Pieces are passed on in slices of so many bytes; 1 finds every parser that trusts in whole messages. */
  readonly sliceBytes?: number
  /** Bytes are read and lost, while the connection stays open. Both ways: a black hole. */
  readonly swallow?: boolean
  /** After so many more bytes the connection is reset, in the middle of whatever it was saying. */
  readonly resetAfterBytes?: number
}

export interface Faults {
  readonly toTarget?: LineFaults
  readonly toClient?: LineFaults
  /** New connections are reset at once. */
  readonly refuse?: boolean
}

export interface FaultProxyOptions extends Faults {
  readonly target: { readonly host?: string; readonly port: number }
  /** Default: a free one. */
  readonly port?: number
}

export interface FaultProxy {
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Connections that were ever made. */
  readonly accepted: number
  /** Replaces all faults, for open connections too. `{}` makes the line perfect. */
  behave(faults: Faults): void
  /** Resets every open connection, both sides. */
  reset(): void
  /** Takes the server away from every open connection, and tells the client nothing: half-open. */
  abandon(): void
  close(): Promise<void>
}

const CONNECTIONS_MAX = 1000

type Direction = 'toTarget' | 'toClient'

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpProxy(options)
  await proxy.listen(options.port ?? 0)
  return proxy
}

class TcpProxy implements FaultProxy {
  readonly #target: { host: string; port: number }
  readonly #server: Server
  readonly #links = new Set<{ client: Socket; target: Socket }>()
  #faults: Faults
  #accepted = 0

  constructor({ target, ...faults }: FaultProxyOptions) {
    this.#target = { host: target.host ?? '127.0.0.1', port: target.port }
    this.#faults = faults
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#link(client))
    this.#server.maxConnections = CONNECTIONS_MAX
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#links.size
  }

  get accepted(): number {
    return this.#accepted
  }

  async listen(port: number): Promise<void> {
    this.#server.listen({ port, host: '127.0.0.1' })
    await once(this.#server, 'listening')
  }

  behave(faults: Faults): void {
    this.#faults = faults
  }

  reset(): void {
    for (const { client, target } of this.#links) {
      client.resetAndDestroy()
      target.resetAndDestroy()
    }
  }

  abandon(): void {
    for (const { target } of this.#links) target.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.reset()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #link(client: Socket): void {
    client.on('error', () => undefined)
    if (this.#faults.refuse === true) return void client.resetAndDestroy()
    this.#accepted += 1
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true })
    const link = { client, target }
    this.#links.add(link)
    // A server that cannot be reached looks to the client as it would without a proxy.
    let reached = false
    target.once('connect', () => (reached = true))
    target.on('error', () => {
      if (!reached) client.resetAndDestroy()
    })
    client.once('close', () => {
      this.#links.delete(link)
      target.destroy()
    })
    void this.#carry(client, target, 'toTarget')
    void this.#carry(target, client, 'toClient')
  }

  /** Ends with the side it reads from, or when the side it writes to is gone. */
  async #carry(from: Socket, to: Socket, direction: Direction): Promise<void> {
    let carried = 0
    try {
      for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const faults = this.#faults[direction] ?? {}
        if (faults.delayMs !== undefined) await sleep(faults.delayMs)
        if (faults.swallow === true) continue
        const limit = faults.resetAfterBytes === undefined ? Infinity : Math.max(0, faults.resetAfterBytes - carried)
        await writeSliced(to, piece.subarray(0, limit), faults.sliceBytes ?? piece.length)
        carried += piece.length
        if (piece.length >= limit) {
          from.resetAndDestroy()
          to.resetAndDestroy()
          return
        }
      }
      if (this.#faults[direction]?.swallow !== true) to.end()
    } catch {
      // The one side broke; what its end means for the other is settled in `#link`.
    }
  }
}

async function writeSliced(to: Socket, piece: Buffer, sliceBytes: number): Promise<void> {
  for (let start = 0; start < piece.length; start += sliceBytes) {
    if (to.destroyed) return
    await new Promise<void>((resolve) => to.write(piece.subarray(start, start + sliceBytes), () => resolve()))
    // Without a pause the kernel would put the slices together again.
    if (sliceBytes < piece.length) await nextTurn()
  }
}
