#!/usr/bin/env node
// Runs on whatever Node the machine has, and hands over to Node 24, which npm brought along, if that is
// older. It has to stay plain JavaScript without imports from the workspace.
import { spawn } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from './node-flags.js'

const NODE_MAJOR_MIN = 24
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN && NODE_FLAGS.every((flag) => process.execArgv.includes(flag))) {
  module.enableCompileCache()
  await import('../src/main.ts')
} else {
  const child = spawn(node(), [...NODE_FLAGS, main, ...process.argv.slice(2)], { stdio: 'inherit', env: environment() })
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone is passed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + (signal === 'SIGINT' ? 2 : signal === 'SIGTERM' ? 15 : 9)
  })
}

/** What was compiled once is kept: it halves the time of a short command. Node names a folder for each of its versions and users. */
function environment() {
  return { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env }
}

function node() {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    process.stderr.write(
      `Millrace needs Node ${NODE_MAJOR_MIN}; this is ${process.versions.node} and npm's \`node\` package is missing.\n  Run \`npm ci\`.\n`,
    )
    process.exit(4)
  }
}
