/**
 * The server died while it wrote this group, or rolled it back: its rows never became true. They are
 * forgotten by reading again from the last place that is stored and passing over the group.
 */
export class IncompleteGroup extends Error {
  override readonly name: string = 'IncompleteGroup'
  readonly place: string

  constructor(place: string, gtid: string) {
    super(`the transaction ${gtid} at ${place} has no end`)
    this.place = place
  }
}
