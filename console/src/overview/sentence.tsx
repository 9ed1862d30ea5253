import styles from './sentence.module.css'

/** A sentence in which commands and names stand between backticks, as everywhere in Millrace. */
export function Sentence({ text }: { readonly text: string }) {
  const parts = text.split('`')
  let start = 0
  return parts.map((part, at) => {
    start += part.length + 1
    return at % 2 === 0 ? (
      part
    ) : (
      <code key={start} className={styles['code']}>
        {part}
      </code>
    )
  })
}
