import type { Terminal } from './terminal.ts'

const BAR_WIDTH = 28

/** Draws `done` of `total` as a bar on stderr; a no-op where lines cannot be redrawn. */
export function progressLine(terminal: Terminal, what: string): (done: number, total: number) => void {
  return (done, total) => {
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const filled = Math.round(share * BAR_WIDTH)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`
    terminal.panel([`${what} ${bar} ${Math.floor(share * 100)} %`])
  }
}
