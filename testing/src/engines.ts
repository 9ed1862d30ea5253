/**
 * `npm run test:engines`: the tests that need what npm does not bring, here a browser. Where one is
 * missing it is installed by apt-get; where that is not possible the command fails and says how, for a
 * test that was left out must not look like one that passed. Further arguments go to vitest.
 */
import { spawnSync } from 'node:child_process'
import { findBrowser } from './house/browser.ts'
import { runPart } from './house/run-part.ts'
import { ROOT } from './house/root.ts'

const INSTALL = ['apt-get', 'install', '--yes', '--no-install-recommends', 'chromium'] as const

async function ensureBrowser(): Promise<boolean> {
  if (findBrowser() !== null) return true
  process.stdout.write(`No browser was found; installing one: ${INSTALL.join(' ')}\n`)
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive']
  for (const command of [['apt-get', 'update'], INSTALL]) {
    const [program = '', ...parameters] = [...asRoot, ...command]
    const { passed, output } = await runPart({ name: program, command: [program, ...parameters] })
    if (!passed) process.stderr.write(`${output.split('\n').slice(-10).join('\n')}\n`)
  }
  if (findBrowser() !== null) return true
  process.stderr.write('There is no browser to test the console with. Install Chromium, or name one in the variable `CHROMIUM`.\n')
  return false
}

function runTests(): number {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.engines.config.ts', ...process.argv.slice(2)]
  return spawnSync(process.execPath, vitest, { cwd: ROOT, stdio: 'inherit' }).status ?? 1
}

process.exitCode = (await ensureBrowser()) ? runTests() : 1
