/**
 * A peer that is a Python program from PyPI: a virtual environment of its own, made once and kept. pip takes the
 * versions of `bench/peers/NAME/requirements.txt` alone, and nothing whose hash differs from the one that stands there.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PEERS = fileURLToPath(new URL('../../peers', import.meta.url))
const PACKAGES = ['python3', 'python3-venv'] as const
const OLDEST = 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))'
/** pip says last what went wrong. */
const ERROR_LINES = 3
const run = promisify(execFile)

export interface PythonPeer {
  /** The folder of its programs. */
  readonly programs: string
  /** The pinned packages that were asked for: `dbt-core==…`. */
  readonly versions: readonly string[]
}

export interface PythonPeerRequest {
  /** A folder of `bench/peers`. */
  readonly peer: string
  readonly note: (line: string) => void
  /** Where environments are kept; the user's cache, where it is not said. */
  readonly cache?: string
}

export async function pythonPeer({ peer, note, cache = userCache() }: PythonPeerRequest): Promise<PythonPeer> {
  const requirements = join(PEERS, peer, 'requirements.txt')
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const folder = join(cache, `${peer}-${hash}`)
  // It is written last: an environment without it was left half made.
  const ready = join(folder, 'ready')
  const programs = join(folder, 'bin')
  if (!existsSync(ready)) {
    try {
      await installTools(note)
      note(`fetching ${peer} into ${folder}`)
      mkdirSync(cache, { recursive: true })
      await run('python3', ['-m', 'venv', '--clear', folder])
      const install = ['install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--requirement', requirements]
      await run(join(programs, 'pip'), install)
      writeFileSync(ready, '')
    } catch (error) {
      throw new Error(
        `The peer ${peer} could not be made: ${reasonOf(error)}\n` +
          `It needs Python 3.11 or later (Debian's ${PACKAGES.join(' and ')}) and PyPI: let this machine reach it, ` +
          'name a mirror in the variable PIP_INDEX_URL, or measure without --peer.',
        { cause: error },
      )
    }
  }
  const asked = readFileSync(join(PEERS, peer, 'requirements.in'), 'utf8')
  return { programs, versions: asked.split('\n').filter((line) => line !== '') }
}

function userCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace/peers')
}

async function installTools(note: (line: string) => void): Promise<void> {
  if (await isThere()) return
  note(`installing ${PACKAGES.join(' and ')}`)
  await run('apt-get', ['update'])
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES])
}

/** Debian keeps what a virtual environment needs in a package of its own. */
async function isThere(): Promise<boolean> {
  return run('python3', ['-c', OLDEST]).then(
    () => true,
    () => false,
  )
}

function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as { stderr?: string; message: string }
  const told = stderr.split('\n').filter((line) => line.startsWith('ERROR'))
  return told.length === 0 ? message : told.slice(-ERROR_LINES).join('\n')
}
