import { describeError, MillraceError } from '@millrace/base'
import { verifyStore } from '@millrace/store'
import { existsSync, mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { loadProject, type Project } from '../config/project.ts'
import { checkSecrets } from '../engine/check-secrets.ts'
import { DEFAULT_HOST, DEFAULT_PORT } from '../engine/defaults.ts'
import { doorOf } from '../engine/door-of.ts'
import { isPortFree } from '../engine/port.ts'
import { readRunFile } from '../engine/run-file.ts'
import type { Finding } from '../engine/source/source-kind.ts'
import { kindOf } from '../engine/source/source-kinds.ts'

const FREE_BYTES_MIN = 1_000_000_000

export const doctor: CommandDefinition = {
  usage: '[options]',
  example: 'millrace doctor',
  positionals: { least: 0, most: 0 },
  options: { deep: { type: 'flag', summary: 'also check every checksum in the store' } },
  details: 'Exit code 1 if anything is to be mended.',
  async run({ terminal, folder, options }) {
    const project = await loadProject(folder)
    const findings = [
      ...(await sourceFindings(project)),
      ...(await secretFindings(project)),
      diskFinding(project),
      await portFinding(project),
      ...(options['deep'] === true ? [await storeFinding(project)] : []),
    ]
    const ok = findings.every((finding) => finding.ok)
    if (terminal.json) terminal.value({ ok, findings })
    else {
      for (const finding of findings) {
        const mark = finding.ok ? terminal.paint('green', 'ok  ') : terminal.paint('red', 'mend')
        terminal.out(`${mark}  ${terminal.paint('bold', finding.check)}  ${finding.detail}`)
        if (finding.fix !== undefined && !finding.ok) for (const line of finding.fix.split('\n')) terminal.out(`        ${line}`)
      }
    }
    return ok ? EXIT.OK : EXIT.FAILED
  },
}

async function sourceFindings(project: Project): Promise<Finding[]> {
  const findings: Finding[] = []
  const door = doorOf(project)
  for (const [name, config] of Object.entries(project.config.sources ?? {})) {
    try {
      const found = await kindOf(config).examine({ project: project.config.name, name, config, folder: project.folder, door })
      findings.push(...found.map((finding) => ({ ...finding, check: `source ${name}: ${finding.check}` })))
    } catch (error) {
      const fix = error instanceof MillraceError ? { fix: error.hint } : {}
      findings.push({ check: `source ${name}`, ok: false, detail: describeError(error), ...fix })
    }
  }
  return findings
}

/** Those of sources are told with each source; a delivery’s are needed only when it first tells something. */
async function secretFindings({ config }: Project): Promise<Finding[]> {
  const missing = await checkSecrets({ ...config, sources: {} })
  return missing.map((error) => ({ check: 'secret', ok: false, detail: error.message, fix: error.hint }))
}

function diskFinding({ storePath }: Project): Finding {
  const folder = dirname(storePath)
  mkdirSync(folder, { recursive: true })
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  return {
    check: 'disk',
    ok: free >= FREE_BYTES_MIN,
    detail: `${(free / 1e9).toFixed(1)} GB free for the store in ${folder}`,
    fix: 'Free space, or set `store` in millrace.config.ts to a path on a larger disk.',
  }
}

async function portFinding({ config, storePath }: Project): Promise<Finding> {
  const port = config.server?.port ?? DEFAULT_PORT
  const host = config.server?.host ?? DEFAULT_HOST
  const running = readRunFile(storePath)
  if (running !== null) return { check: 'port', ok: true, detail: `this project runs at ${running.url} (process ${running.pid})` }
  const free = await isPortFree(host, port)
  return {
    check: 'port',
    ok: free,
    detail: free ? `${host}:${port} is free` : `${host}:${port} is in use by another process`,
    fix: 'Choose another with `server: { port: N }` in millrace.config.ts or `--port N`.',
  }
}

async function storeFinding({ storePath }: Project): Promise<Finding> {
  if (!existsSync(storePath)) return { check: 'store', ok: true, detail: 'not made yet' }
  try {
    const { changes, streams } = await verifyStore(storePath)
    return { check: 'store', ok: true, detail: `${changes} changes in ${streams.length} streams, every checksum right` }
  } catch (error) {
    return {
      check: 'store',
      ok: false,
      detail: describeError(error),
      ...(error instanceof MillraceError ? { fix: error.hint } : {}),
    }
  }
}
