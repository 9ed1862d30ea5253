export interface Answer {
  /** `yes`: agrees and is fresh; `wait`: still catching up or not yet proven; `no`: someone must look. */
  readonly trust: 'yes' | 'wait' | 'no'
  /** A few words: `Everything agrees`. */
  readonly headline: string
  /** One sentence with the reason, and what to do where something is to be done. */
  readonly sentence: string
}
