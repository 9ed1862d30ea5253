/**
 * `npm run test:engines`: the tests that need what npm does not bring: a browser, MariaDB, and MySQL. Where one is
 * missing it is installed by apt-get; where that is not possible the command fails and says how, for a
 * test that was left out must not look like one that passed. Further arguments go to vitest.
 */
import { spawnSync } from 'node:child_process'
import { findBrowser } from './house/browser.ts'
import { runPart } from './house/run-part.ts'
import { ROOT } from './house/root.ts'
import { findMariadb } from './mariadb.ts'
import { needsOfMysql } from './mysql.ts'

interface Engine {
  readonly name: string
  readonly debianPackage: string
  readonly isThere: () => boolean
  /** What a person can do where apt-get cannot. */
  readonly hint: string
}

const ENGINES: readonly Engine[] = [
  {
    name: 'browser',
    debianPackage: 'chromium',
    isThere: () => findBrowser() !== null,
    hint: 'Install Chromium, or name one in the variable `CHROMIUM`.',
  },
  ...needsOfMysql().map((need) => ({
    ...need,
    hint: 'Install it, so that MySQL can be fetched from Maven Central and started (on x86-64 with glibc).',
  })),
  {
    name: 'MariaDB server',
    debianPackage: 'mariadb-server',
    isThere: () => findMariadb() !== null,
    hint: 'Install MariaDB 10.6 or later, so that `mariadbd` and `mariadb-install-db` are in a folder of programs.',
  },
]

async function ensure({ name, debianPackage, isThere, hint }: Engine): Promise<boolean> {
  if (isThere()) return true
  const install = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '--yes', '--no-install-recommends', debianPackage]
  process.stdout.write(`No ${name} was found; installing one: ${install.slice(2).join(' ')}\n`)
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive']
  for (const command of [['apt-get', 'update'], install]) {
    const [program = '', ...parameters] = [...asRoot, ...command]
    const { passed, output } = await runPart({ name: program, command: [program, ...parameters] })
    if (!passed) process.stderr.write(`${output.split('\n').slice(-10).join('\n')}\n`)
  }
  if (isThere()) return true
  process.stderr.write(`There is no ${name} to test with. ${hint}\n`)
  return false
}

async function ensureAll(): Promise<boolean> {
  for (const engine of ENGINES) if (!(await ensure(engine))) return false
  return true
}

function runTests(): number {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.engines.config.ts', ...process.argv.slice(2)]
  return spawnSync(process.execPath, vitest, { cwd: ROOT, stdio: 'inherit' }).status ?? 1
}

process.exitCode = (await ensureAll()) ? runTests() : 1
