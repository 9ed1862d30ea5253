import { useId } from 'react'
import { sparkPaths } from './spark-path.ts'
import styles from './spark.module.css'

export interface SparkProps {
  readonly values: readonly number[]
  /** Of the drawing; it is stretched to the room that it has. */
  readonly width?: number
  readonly height: number
  /** How many samples fill the whole width; fewer stand at the right. */
  readonly capacity?: number
  /** How many points are drawn of a full width; each is the mean of its samples. */
  readonly points?: number
  /** What the curve shows, for those who do not see it. */
  readonly label?: string
}

/** The last two minutes as water in a channel: a filled curve from the bottom. Takes the current colour. */
export function Spark({ values, width = 240, height, capacity = 120, points = capacity, label }: SparkProps) {
  const { line, area } = sparkPaths(values, { width, height, capacity, points })
  const fade = useId()
  return (
    <svg
      className={styles['spark']}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      <linearGradient id={fade} x1="0" x2="0" y1="0" y2="1">
        <stop offset="0" stopColor="currentColor" stopOpacity="0.26" />
        <stop offset="1" stopColor="currentColor" stopOpacity="0.03" />
      </linearGradient>
      <path d={area} fill={`url(#${fade})`} />
      <path
        d={line}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.250"
        strokeOpacity="0.75"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
