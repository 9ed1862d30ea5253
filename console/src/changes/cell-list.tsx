import type { Cell, CellValue } from './diff.ts'
import { valueText } from './diff.ts'
import styles from './cell-list.module.css'

/** Every column of a change, before and after; what changed is marked by more than colour. */
export function CellList({ cells }: { readonly cells: readonly Cell[] }) {
  const hasBefore = cells.some((cell) => cell.before !== undefined)
  const hasAfter = cells.some((cell) => cell.after !== undefined)
  return (
    <table className={styles['cells']}>
      <thead>
        <tr>
          <th scope="col">column</th>
          {hasBefore && <th scope="col">before</th>}
          {hasAfter && <th scope="col">after</th>}
        </tr>
      </thead>
      <tbody>
        {cells.map(({ name, isKey, before, after, changed }) => (
          <tr key={name} data-changed={changed || undefined}>
            <th scope="row">
              {name}
              {isKey && <span className={styles['key']}> key</span>}
            </th>
            {hasBefore && <td className={styles['before']}>{valueOf(before)}</td>}
            {hasAfter && <td className={styles['after']}>{valueOf(after)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function valueOf(value: CellValue | undefined) {
  if (value === undefined) return <span className={styles['untold']}>not told</span>
  if (value === null) return <span className={styles['untold']}>NULL</span>
  return valueText(value)
}
