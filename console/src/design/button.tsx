import type { ButtonHTMLAttributes } from 'react'
import { classes } from './classes.ts'
import styles from './button.module.css'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `line`: a visible edge; `bare`: only on hover. */
  readonly look?: 'line' | 'bare'
}

export function Button({ look = 'line', className, ...rest }: ButtonProps) {
  return <button type="button" data-look={look} className={classes(styles['button'], className)} {...rest} />
}
