/** The one HTTP server of a running project: the API, the live feed, the metrics and the console. */
import { MillraceError } from '@millrace/base'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServeApi } from './api.ts'
import { Feed } from './feed.ts'
import { checkHost, checkIntent, setSafeHeaders } from './gatekeeper.ts'
import { SERVE_LIMITS } from './limits.ts'
import type { ReadingDesk } from './reading/reading-desk.ts'
import { readingRoutes } from './reading/reading-routes.ts'
import { WebSocketDoor } from './reading/web-socket-door.ts'
import { readJsonBody } from './read-body.ts'
import { invalid } from './request.ts'
import { sendError } from './respond.ts'
import { match, type Route } from './router.ts'
import { routesOf } from './routes.ts'
import { sendFile } from './static-files.ts'

export interface ServerOptions {
  /** Default 127.0.0.1: nobody else on the network is asked in. */
  readonly host?: string
  /** 0 takes a free port. */
  readonly port: number
  readonly api: ServeApi
  /** The built console. */
  readonly consoleFolder: string
  /** How live models are read by others; without it only the console and its API are there. */
  readonly reading?: ReadingDesk
}

export interface RunningServer {
  /** Where a browser finds it: `http://127.0.0.1:4480`. */
  readonly url: string
  readonly port: number
  /** Ends the feed and every connection, and resolves when the port is free. */
  close(): Promise<void>
}

/** Raises PORT_IN_USE. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1'
  const feed = new Feed(options.api)
  const { reading } = options
  const routes = [...routesOf(options.api, feed, reading?.reading ?? null), ...(reading === undefined ? [] : readingRoutes(reading))]
  const server = createServer({ requestTimeout: SERVE_LIMITS.requestMs, headersTimeout: SERVE_LIMITS.requestMs }, (request, response) => {
    answer({ request, response, routes, host, consoleFolder: options.consoleFolder }).catch((error: unknown) => sendError(response, error))
  })
  server.maxConnections = SERVE_LIMITS.connections
  const door = reading === undefined ? null : new WebSocketDoor(reading, host)
  if (door !== null) server.on('upgrade', (request, socket, head) => door.upgrade(request, socket, head))
  await listen(server, host, options.port)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: async () => {
      reading?.reading.close()
      await close(server, feed, door)
    },
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly routes: readonly Route[]
  readonly host: string
  readonly consoleFolder: string
}

async function answer({ request, response, routes, host, consoleFolder }: Exchange): Promise<void> {
  setSafeHeaders(response)
  checkHost(request, host)
  const url = urlOf(request)
  const method = request.method ?? 'GET'
  const found = match(routes, { method, url, body: () => readJsonBody(request, url.pathname) })
  if (found === null) return sendFile(response, consoleFolder, url.pathname)
  checkIntent(request, url.pathname)
  await found.route.answer(found.request, response)
}

function urlOf(request: IncomingMessage): URL {
  const path = request.url ?? '/'
  const url = URL.parse(`http://server${path}`)
  if (!path.startsWith('/') || url === null) throw invalid(path, 'it is not a path', 'the path')
  return url
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new MillraceError('PORT_IN_USE', { cause: error, details: { host, port } }) : error),
    )
    server.listen(port, host, resolve)
  })
  server.removeAllListeners('error')
}

/** How long subscribers have to take their last message, which tells where they go on. */
const FAREWELL_MS = 250

async function close(server: Server, feed: Feed, door: WebSocketDoor | null): Promise<void> {
  feed.close()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => {
    server.closeAllConnections()
    door?.close()
  }, FAREWELL_MS)
  await closed
  clearTimeout(cut)
}
