/**
 * What a command says, and where: results to stdout, progress and errors to stderr, so that a pipe gets
 * only results. Plain text where there is no terminal or NO_COLOR is set.
 */
import { stripVTControlCharacters, styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta'

export interface Terminal {
  readonly json: boolean
  /** Whether stderr is a terminal on which lines may be redrawn. */
  readonly live: boolean
  readonly width: number
  out(line: string): void
  note(line: string): void
  /** One value as one line of JSON on stdout. */
  value(value: unknown): void
  paint(style: Style, text: string): string
  /** Redraws a block of lines in place on stderr; does nothing where that can't be done. */
  panel(lines: readonly string[]): void
  /** Leaves the last panel as it stands. */
  endPanel(): void
}

export function openTerminal(json: boolean): Terminal {
  const colour = process.env['NO_COLOR'] === undefined && process.stdout.isTTY && process.stderr.isTTY
  const live = process.stderr.isTTY && !json && process.env['TERM'] !== 'dumb'
  let drawn = 0
  const erase = (): void => {
    if (drawn > 0) process.stderr.write(`\u001B[${drawn}A\u001B[0J`)
    drawn = 0
  }
  return {
    json,
    live,
    get width() {
      return Math.min(process.stderr.columns ?? 100, 120)
    },
    out: (line) => {
      erase()
      process.stdout.write(`${line}\n`)
    },
    note: (line) => {
      erase()
      process.stderr.write(`${line}\n`)
    },
    value: (value) => {
      erase()
      process.stdout.write(`${JSON.stringify(value, plain)}\n`)
    },
    paint: (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text),
    panel: (lines) => {
      if (!live) return
      erase()
      const width = process.stderr.columns ?? 100
      const shown = fitting(lines, (process.stderr.rows ?? 50) - 1).map((line) => (visibleWidth(line) > width ? clip(line, width) : line))
      process.stderr.write(`${shown.join('\n')}\n`)
      drawn = shown.length
    },
    endPanel: () => {
      drawn = 0
    },
  }
}

export function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length
}

/** Lines above the screen's top can't be erased: of more than fit, the middle is left out and counted. */
export function fitting(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines
  const last = Math.min(4, rows - 2)
  const first = rows - last - 1
  return [...lines.slice(0, first), `… ${lines.length - first - last} more lines: \`millrace status\` tells all`, ...lines.slice(-last)]
}

function clip(text: string, width: number): string {
  return stripVTControlCharacters(text).slice(0, width - 1)
}

function plain(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
