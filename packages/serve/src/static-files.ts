/** Serves the built console. Names with a hash are kept for ever; the page itself is asked for each time. */
import { MillraceError } from '@millrace/base'
import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { sendText } from './respond.ts'
import { decoded } from './router.ts'

const CONTENT_TYPE: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Millrace</title>
<p>The console has not been built. Build it with <code>npm run build -w @millrace/console</code> and load this page again.</p>`

export async function sendFile(response: ServerResponse, folder: string, path: string): Promise<void> {
  const name = path === '/' ? 'index.html' : normalize(decoded(path, path)).replace(/^[\\/]+/, '')
  const type = CONTENT_TYPE[extname(name)]
  const outside = name.startsWith('..') || name.includes('\0') || name.split(sep).some((part) => part.startsWith('.'))
  const unknown = new MillraceError('HTTP_PATH_UNKNOWN', { details: { method: 'GET', path } })
  if (type === undefined || outside) throw unknown
  try {
    const bytes = await readFile(join(folder, name))
    const hashed = name.startsWith(`assets${sep}`)
    response.writeHead(200, {
      'content-type': type,
      'content-length': bytes.length,
      'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    response.end(bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (name === 'index.html') sendText(response, NOT_BUILT, 'text/html; charset=utf-8', 503)
    else throw unknown
  }
}
