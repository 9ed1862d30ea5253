import type { ChangeRecord } from '@millrace/serve/api'
import styles from './operation.module.css'

const SIGN: Readonly<Record<ChangeRecord['operation'], string>> = { insert: '+', update: '~', delete: '−', truncate: '∅' }

/** What happened to a row, as one sign. */
export function Operation({ operation }: Pick<ChangeRecord, 'operation'>) {
  return (
    <span className={styles['operation']} data-operation={operation} title={operation}>
      <span aria-hidden="true">{SIGN[operation]}</span>
      <span className="visually-hidden">{operation}</span>
    </span>
  )
}
