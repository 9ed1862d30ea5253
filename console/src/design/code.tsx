import styles from './code.module.css'
import { type SqlToken, sqlTokens } from './sql-tokens.ts'

/** A piece of SQL with line numbers and light colouring. */
export function Code({ sql, label }: { readonly sql: string; readonly label: string }) {
  return (
    <pre className={styles['code']} aria-label={label} tabIndex={0}>
      {linesOf(sql.trimEnd()).map(({ start, pieces }) => (
        <span key={start} className={styles['line']}>
          {pieces.map((piece) => (
            <span key={piece.start} data-kind={piece.kind}>
              {piece.text}
            </span>
          ))}
          {'\n'}
        </span>
      ))}
    </pre>
  )
}

interface Piece extends SqlToken {
  /** Where in the text it begins. */
  readonly start: number
}

interface Line {
  readonly start: number
  readonly pieces: Piece[]
}

/** The tokens line by line; a token over several lines becomes a piece in each. */
function linesOf(sql: string): Line[] {
  const lines: Line[] = [{ start: 0, pieces: [] }]
  let start = 0
  for (const { kind, text } of sqlTokens(sql)) {
    for (const [at, part] of text.split('\n').entries()) {
      if (at > 0) {
        start += 1
        lines.push({ start, pieces: [] })
      }
      if (part !== '') lines.at(-1)?.pieces.push({ kind, text: part, start })
      start += part.length
    }
  }
  return lines
}
